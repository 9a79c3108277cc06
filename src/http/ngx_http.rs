//! Port of src/http/ngx_http.c and .h

use crate::core::{
    ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_cycle::*, ngx_hash::*,
    ngx_inet::*, ngx_log::*, ngx_log_json::*, ngx_module::*, ngx_palloc::*, ngx_queue::*, ngx_string::*,
};
use crate::event::ngx_event_accept::*;
use crate::http::{
    ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_traps::*, ngx_http_variables::*,
};
use crate::os::unix::ngx_alloc::*;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_log_ctx_t {
    pub connection: *mut ngx_connection_t,
    pub request: *mut ngx_http_request_t,
    pub current_request: *mut ngx_http_request_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_chunked_t {
    pub state: ngx_uint_t,
    pub size: off_t,
    pub length: off_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_status_t {
    pub http_version: ngx_uint_t,
    pub code: ngx_uint_t,
    pub count: ngx_uint_t,
    pub line_start: *mut u8,
    pub start: *mut u8,
    pub end: *mut u8,
}

pub type ngx_http_header_handler_pt =
    Option<unsafe fn(r: *mut ngx_http_request_t, h: *mut ngx_table_elt_t, offset: ngx_uint_t) -> ngx_int_t>;
pub type ngx_http_log_handler_pt = Option<
    unsafe fn(
        r: *mut ngx_http_request_t,
        sr: *mut ngx_http_request_t,
        buf: *mut u8,
        len: usize,
        fields: *mut ngx_log_fields_t,
    ) -> *mut u8,
>;

#[inline(always)]
pub unsafe fn ngx_http_get_module_ctx<T>(r: *mut ngx_http_request_t, module: &ngx_module_t) -> *mut T {
    (*(*r).ctx.add(module.ctx_index.get())).cast()
}

#[inline(always)]
pub unsafe fn ngx_http_set_ctx<T>(r: *mut ngx_http_request_t, c: *mut T, module: &ngx_module_t) {
    *(*r).ctx.add(module.ctx_index.get()) = c.cast();
}

pub const NGX_HTTP_LAST: ngx_uint_t = 1;
pub const NGX_HTTP_FLUSH: ngx_uint_t = 2;

pub static ngx_http_max_module: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();

pub static ngx_http_top_header_filter: ngx_global_t<ngx_http_output_header_filter_pt> = ngx_global_t::zeroed();
pub static ngx_http_top_early_hints_filter: ngx_global_t<ngx_http_output_header_filter_pt> = ngx_global_t::zeroed();
pub static ngx_http_top_body_filter: ngx_global_t<ngx_http_output_body_filter_pt> = ngx_global_t::zeroed();
pub static ngx_http_top_request_body_filter: ngx_global_t<ngx_http_request_body_filter_pt> = ngx_global_t::zeroed();

pub static ngx_http_html_default_types: [ngx_str_t; 2] = [ngx_string!("text/html"), ngx_null_string];

static ngx_http_commands: &[ngx_command_t] = &[ngx_command_t {
    name: ngx_string!("http"),
    type_: NGX_MAIN_CONF | NGX_CONF_BLOCK | NGX_CONF_NOARGS,
    set: Some(ngx_http_block),
    conf: 0,
    offset: 0,
    post: null(),
}];

static ngx_http_module_ctx: ngx_core_module_t =
    ngx_core_module_t { name: ngx_string!("http"), create_conf: None, init_conf: None };

pub static ngx_http_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_module",
    ctx: (&raw const ngx_http_module_ctx).cast(),
    commands: ngx_http_commands,
    type_: NGX_CORE_MODULE,
    ..NGX_MODULE_V1()
};

unsafe fn ngx_http_block(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let conf: *mut *mut ngx_http_conf_ctx_t = conf.cast();

    if !(*conf).is_null() {
        return NGX_CONF_MSG("is duplicate");
    }

    // the main context

    let ctx: *mut ngx_http_conf_ctx_t = ngx_pcalloc((*cf).pool);
    if ctx.is_null() {
        return NGX_CONF_ERROR;
    }

    *conf = ctx;

    let cycle = (*cf).cycle;

    ngx_http_max_module.set(ngx_count_modules(cycle, NGX_HTTP_MODULE) as ngx_uint_t);

    // every context below http{} shares this main_conf

    (*ctx).main_conf = ngx_pcalloc_n((*cf).pool, ngx_http_max_module.get());
    if (*ctx).main_conf.is_null() {
        return NGX_CONF_ERROR;
    }

    // http{}'s own srv_conf and loc_conf: what the servers' ones are merged with

    (*ctx).srv_conf = ngx_pcalloc_n((*cf).pool, ngx_http_max_module.get());
    if (*ctx).srv_conf.is_null() {
        return NGX_CONF_ERROR;
    }

    (*ctx).loc_conf = ngx_pcalloc_n((*cf).pool, ngx_http_max_module.get());
    if (*ctx).loc_conf.is_null() {
        return NGX_CONF_ERROR;
    }

    for m in 0..(*cycle).modules_n {
        let mod_ = *(*cycle).modules.add(m);

        if (*mod_).type_ != NGX_HTTP_MODULE {
            continue;
        }

        let module: *const ngx_http_module_t = (*mod_).ctx.cast();
        let mi = (*mod_).ctx_index.get();

        if let Some(create_main_conf) = (*module).create_main_conf {
            *(*ctx).main_conf.add(mi) = create_main_conf(cf);
            if (*(*ctx).main_conf.add(mi)).is_null() {
                return NGX_CONF_ERROR;
            }
        }

        if let Some(create_srv_conf) = (*module).create_srv_conf {
            *(*ctx).srv_conf.add(mi) = create_srv_conf(cf);
            if (*(*ctx).srv_conf.add(mi)).is_null() {
                return NGX_CONF_ERROR;
            }
        }

        if let Some(create_loc_conf) = (*module).create_loc_conf {
            *(*ctx).loc_conf.add(mi) = create_loc_conf(cf);
            if (*(*ctx).loc_conf.add(mi)).is_null() {
                return NGX_CONF_ERROR;
            }
        }
    }

    let pcf = *cf;
    (*cf).ctx = ctx.cast();

    for m in 0..(*cycle).modules_n {
        let mod_ = *(*cycle).modules.add(m);

        if (*mod_).type_ != NGX_HTTP_MODULE {
            continue;
        }

        let module: *const ngx_http_module_t = (*mod_).ctx.cast();

        if let Some(preconfiguration) = (*module).preconfiguration
            && preconfiguration(cf) != NGX_OK
        {
            return NGX_CONF_ERROR;
        }
    }

    let mut rv;

    'failed: {
        // DEVIATION: -t warns

        if ngx_test_config.get() != 0 {
            ngx_http_traps_init();
        }

        // parse inside http{}

        (*cf).module_type = NGX_HTTP_MODULE;
        (*cf).cmd_type = NGX_HTTP_MAIN_CONF;
        rv = ngx_conf_parse(cf, null_mut());

        if rv != NGX_CONF_OK {
            break 'failed;
        }

        // init the main_conf's; merge the servers and their locations

        let cmcf: *mut ngx_http_core_main_conf_t = (*(*ctx).main_conf.add(ngx_http_core_module.ctx_index.get())).cast();
        let cscfp = (*cmcf).servers.elts;

        for m in 0..(*cycle).modules_n {
            let mod_ = *(*cycle).modules.add(m);

            if (*mod_).type_ != NGX_HTTP_MODULE {
                continue;
            }

            let module: *const ngx_http_module_t = (*mod_).ctx.cast();
            let mi = (*mod_).ctx_index.get();

            if let Some(init_main_conf) = (*module).init_main_conf {
                rv = init_main_conf(cf, *(*ctx).main_conf.add(mi));
                if rv != NGX_CONF_OK {
                    break 'failed;
                }
            }

            rv = ngx_http_merge_servers(cf, cmcf, module, mi);
            if rv != NGX_CONF_OK {
                break 'failed;
            }
        }

        // the location trees

        for s in 0..(*cmcf).servers.nelts {
            let clcf: *mut ngx_http_core_loc_conf_t =
                (*(*(*(*cscfp.add(s))).ctx).loc_conf.add(ngx_http_core_module.ctx_index.get())).cast();

            if ngx_http_init_locations(cf, *cscfp.add(s), clcf) != NGX_OK {
                return NGX_CONF_ERROR;
            }

            if ngx_http_init_static_location_trees(cf, clcf) != NGX_OK {
                return NGX_CONF_ERROR;
            }
        }

        if ngx_http_init_phases(cf, cmcf) != NGX_OK {
            return NGX_CONF_ERROR;
        }

        if ngx_http_init_headers_in_hash(cf, cmcf) != NGX_OK {
            return NGX_CONF_ERROR;
        }

        for m in 0..(*cycle).modules_n {
            let mod_ = *(*cycle).modules.add(m);

            if (*mod_).type_ != NGX_HTTP_MODULE {
                continue;
            }

            let module: *const ngx_http_module_t = (*mod_).ctx.cast();

            if let Some(postconfiguration) = (*module).postconfiguration
                && postconfiguration(cf) != NGX_OK
            {
                return NGX_CONF_ERROR;
            }
        }

        if ngx_http_variables_init_vars(cf) != NGX_OK {
            return NGX_CONF_ERROR;
        }

        // merging and postconfiguration are over: cf.ctx is the outer one again

        *cf = pcf;

        if ngx_http_init_phase_handlers(cf, cmcf) != NGX_OK {
            return NGX_CONF_ERROR;
        }

        if ngx_http_optimize_servers(cf, cmcf, (*cmcf).ports) != NGX_OK {
            return NGX_CONF_ERROR;
        }

        return NGX_CONF_OK;
    }

    *cf = pcf;

    rv
}

unsafe fn ngx_http_init_phases(cf: *mut ngx_conf_t, cmcf: *mut ngx_http_core_main_conf_t) -> ngx_int_t {
    let phases = &raw mut (*cmcf).phases;

    for (phase, n) in [
        (NGX_HTTP_POST_READ_PHASE, 1),
        (NGX_HTTP_SERVER_REWRITE_PHASE, 1),
        (NGX_HTTP_REWRITE_PHASE, 1),
        (NGX_HTTP_PREACCESS_PHASE, 1),
        (NGX_HTTP_ACCESS_PHASE, 2),
        (NGX_HTTP_PRECONTENT_PHASE, 2),
        (NGX_HTTP_CONTENT_PHASE, 4),
        (NGX_HTTP_LOG_PHASE, 1),
    ] {
        if ngx_array_init(&raw mut (*phases)[phase as usize].handlers, (*cf).pool, n) != NGX_OK {
            return NGX_ERROR;
        }
    }

    NGX_OK
}

unsafe fn ngx_http_init_headers_in_hash(cf: *mut ngx_conf_t, cmcf: *mut ngx_http_core_main_conf_t) -> ngx_int_t {
    let mut headers_in: ngx_array_t<ngx_hash_key_t> = core::mem::zeroed();
    let headers_in = &raw mut headers_in;

    if ngx_array_init(headers_in, (*cf).temp_pool, 32) != NGX_OK {
        return NGX_ERROR;
    }

    for header in ngx_http_headers_in {
        let hk = ngx_array_push(headers_in);
        if hk.is_null() {
            return NGX_ERROR;
        }

        (*hk).key = header.name;
        (*hk).key_hash = ngx_hash_key_lc(header.name.data, header.name.len);
        (*hk).value = (&raw const *header).cast_mut().cast();
    }

    let mut hash = ngx_hash_init_t {
        hash: &raw mut (*cmcf).headers_in_hash,
        key: Some(ngx_hash_key_lc),
        max_size: 512,
        bucket_size: ngx_align(64, ngx_cacheline_size.get()),
        name: c"headers_in_hash".as_ptr(),
        pool: (*cf).pool,
        temp_pool: null_mut(),
    };

    if ngx_hash_init(&raw mut hash, (*headers_in).elts, (*headers_in).nelts) != NGX_OK {
        return NGX_ERROR;
    }

    NGX_OK
}

unsafe fn ngx_http_init_phase_handlers(cf: *mut ngx_conf_t, cmcf: *mut ngx_http_core_main_conf_t) -> ngx_int_t {
    let phases = &raw mut (*cmcf).phases;

    (*cmcf).phase_engine.server_rewrite_index = ngx_uint_t::MAX;
    (*cmcf).phase_engine.location_rewrite_index = ngx_uint_t::MAX;
    let mut find_config_index = 0;
    let use_rewrite = (*phases)[NGX_HTTP_REWRITE_PHASE as usize].handlers.nelts != 0;
    let use_access = (*phases)[NGX_HTTP_ACCESS_PHASE as usize].handlers.nelts != 0;

    // one for find config; one each for what follows rewrite and access
    let mut n = 1 + use_rewrite as ngx_uint_t + use_access as ngx_uint_t;

    for i in 0..NGX_HTTP_LOG_PHASE {
        n += (*phases)[i as usize].handlers.nelts;
    }

    // an empty checker ends the list
    let mut ph: *mut ngx_http_phase_handler_t =
        ngx_pcalloc_n::<u8>((*cf).pool, n * size_of::<ngx_http_phase_handler_t>() + size_of::<*mut c_void>()).cast();
    if ph.is_null() {
        return NGX_ERROR;
    }

    (*cmcf).phase_engine.handlers = ph;
    n = 0;

    for i in 0..NGX_HTTP_LOG_PHASE {
        let h = (*phases)[i as usize].handlers.elts;

        let checker: ngx_http_phase_handler_pt = match i {
            NGX_HTTP_SERVER_REWRITE_PHASE => {
                if (*cmcf).phase_engine.server_rewrite_index == ngx_uint_t::MAX {
                    (*cmcf).phase_engine.server_rewrite_index = n;
                }
                Some(ngx_http_core_rewrite_phase)
            }

            NGX_HTTP_FIND_CONFIG_PHASE => {
                find_config_index = n;

                (*ph).checker = Some(ngx_http_core_find_config_phase);
                n += 1;
                ph = ph.add(1);

                continue;
            }

            NGX_HTTP_REWRITE_PHASE => {
                if (*cmcf).phase_engine.location_rewrite_index == ngx_uint_t::MAX {
                    (*cmcf).phase_engine.location_rewrite_index = n;
                }
                Some(ngx_http_core_rewrite_phase)
            }

            NGX_HTTP_POST_REWRITE_PHASE => {
                if use_rewrite {
                    (*ph).checker = Some(ngx_http_core_post_rewrite_phase);
                    (*ph).next = find_config_index;
                    n += 1;
                    ph = ph.add(1);
                }

                continue;
            }

            NGX_HTTP_ACCESS_PHASE => {
                n += 1;
                Some(ngx_http_core_access_phase)
            }

            NGX_HTTP_POST_ACCESS_PHASE => {
                if use_access {
                    (*ph).checker = Some(ngx_http_core_post_access_phase);
                    (*ph).next = n;
                    ph = ph.add(1);
                }

                continue;
            }

            NGX_HTTP_CONTENT_PHASE => Some(ngx_http_core_content_phase),

            _ => Some(ngx_http_core_generic_phase),
        };

        n += (*phases)[i as usize].handlers.nelts;

        // the handler that was added last runs first

        for j in (0..(*phases)[i as usize].handlers.nelts).rev() {
            (*ph).checker = checker;
            (*ph).handler = *h.add(j);
            (*ph).next = n;
            ph = ph.add(1);
        }
    }

    NGX_OK
}

unsafe fn ngx_http_merge_servers(
    cf: *mut ngx_conf_t,
    cmcf: *mut ngx_http_core_main_conf_t,
    module: *const ngx_http_module_t,
    ctx_index: ngx_uint_t,
) -> ngx_conf_ret_t {
    let cscfp = (*cmcf).servers.elts;
    let ctx: *mut ngx_http_conf_ctx_t = (*cf).ctx.cast();
    let saved = *ctx;
    let mut rv = NGX_CONF_OK;

    'failed: {
        for s in 0..(*cmcf).servers.nelts {
            let sctx = (*(*cscfp.add(s))).ctx;

            // the srv_conf's

            (*ctx).srv_conf = (*sctx).srv_conf;

            if let Some(merge_srv_conf) = (*module).merge_srv_conf {
                rv = merge_srv_conf(cf, *saved.srv_conf.add(ctx_index), *(*sctx).srv_conf.add(ctx_index));
                if rv != NGX_CONF_OK {
                    break 'failed;
                }
            }

            if let Some(merge_loc_conf) = (*module).merge_loc_conf {
                // the server's own loc_conf

                (*ctx).loc_conf = (*sctx).loc_conf;

                rv = merge_loc_conf(cf, *saved.loc_conf.add(ctx_index), *(*sctx).loc_conf.add(ctx_index));
                if rv != NGX_CONF_OK {
                    break 'failed;
                }

                // the loc_conf's of its locations

                let clcf: *mut ngx_http_core_loc_conf_t =
                    (*(*sctx).loc_conf.add(ngx_http_core_module.ctx_index.get())).cast();

                rv = ngx_http_merge_locations(cf, (*clcf).locations, (*sctx).loc_conf, module, ctx_index);
                if rv != NGX_CONF_OK {
                    break 'failed;
                }
            }
        }
    }

    *ctx = saved;

    rv
}

/// `module` has a merge_loc_conf().
unsafe fn ngx_http_merge_locations(
    cf: *mut ngx_conf_t,
    locations: *mut ngx_queue_t,
    loc_conf: *mut *mut c_void,
    module: *const ngx_http_module_t,
    ctx_index: ngx_uint_t,
) -> ngx_conf_ret_t {
    if locations.is_null() {
        return NGX_CONF_OK;
    }

    let ctx: *mut ngx_http_conf_ctx_t = (*cf).ctx.cast();
    let saved = *ctx;

    let mut q = ngx_queue_head(locations);

    while q != ngx_queue_sentinel(locations) {
        let lq = ngx_queue_data!(q, ngx_http_location_queue_t, queue);

        let clcf = if !(*lq).exact.is_null() { (*lq).exact } else { (*lq).inclusive };
        (*ctx).loc_conf = (*clcf).loc_conf;

        let mut rv = (*module).merge_loc_conf.unwrap()(cf, *loc_conf.add(ctx_index), *(*clcf).loc_conf.add(ctx_index));
        if rv != NGX_CONF_OK {
            return rv;
        }

        rv = ngx_http_merge_locations(cf, (*clcf).locations, (*clcf).loc_conf, module, ctx_index);
        if rv != NGX_CONF_OK {
            return rv;
        }

        q = ngx_queue_next(q);
    }

    *ctx = saved;

    NGX_CONF_OK
}

/// Sorts the locations and takes those out that the tree does not hold: the nameless, the named, the regexes.
/// `cscf` is NULL for nested ones, where no named location can be.
unsafe fn ngx_http_init_locations(
    cf: *mut ngx_conf_t,
    cscf: *mut ngx_http_core_srv_conf_t,
    pclcf: *mut ngx_http_core_loc_conf_t,
) -> ngx_int_t {
    let locations = (*pclcf).locations;

    if locations.is_null() {
        return NGX_OK;
    }

    ngx_queue_sort(locations, ngx_http_cmp_locations);

    let mut tail: ngx_queue_t = core::mem::zeroed();
    let tail = &raw mut tail;

    let mut named: *mut ngx_queue_t = null_mut();
    let mut n = 0;
    #[cfg(feature = "pcre")]
    let mut regex: *mut ngx_queue_t = null_mut();
    #[cfg(feature = "pcre")]
    let mut r = 0;

    let mut q = ngx_queue_head(locations);

    while q != ngx_queue_sentinel(locations) {
        let lq = ngx_queue_data!(q, ngx_http_location_queue_t, queue);

        let clcf = if !(*lq).exact.is_null() { (*lq).exact } else { (*lq).inclusive };

        if ngx_http_init_locations(cf, null_mut(), clcf) != NGX_OK {
            return NGX_ERROR;
        }

        #[cfg(feature = "pcre")]
        if !(*clcf).regex.is_null() {
            r += 1;

            if regex.is_null() {
                regex = q;
            }

            q = ngx_queue_next(q);
            continue;
        }

        if (*clcf).named {
            n += 1;

            if named.is_null() {
                named = q;
            }

            q = ngx_queue_next(q);
            continue;
        }

        if (*clcf).noname {
            break;
        }

        q = ngx_queue_next(q);
    }

    if q != ngx_queue_sentinel(locations) {
        ngx_queue_split(locations, q, tail);
    }

    if !named.is_null() {
        let mut clcfp: *mut *mut ngx_http_core_loc_conf_t = ngx_palloc_n((*cf).pool, n + 1);
        if clcfp.is_null() {
            return NGX_ERROR;
        }

        (*cscf).named_locations = clcfp;

        q = named;

        while q != ngx_queue_sentinel(locations) {
            let lq = ngx_queue_data!(q, ngx_http_location_queue_t, queue);

            *clcfp = (*lq).exact;
            clcfp = clcfp.add(1);

            q = ngx_queue_next(q);
        }

        *clcfp = null_mut();

        ngx_queue_split(locations, named, tail);
    }

    #[cfg(feature = "pcre")]
    if !regex.is_null() {
        let mut clcfp: *mut *mut ngx_http_core_loc_conf_t = ngx_palloc_n((*cf).pool, r + 1);
        if clcfp.is_null() {
            return NGX_ERROR;
        }

        (*pclcf).regex_locations = clcfp;

        q = regex;

        while q != ngx_queue_sentinel(locations) {
            let lq = ngx_queue_data!(q, ngx_http_location_queue_t, queue);

            *clcfp = (*lq).exact;
            clcfp = clcfp.add(1);

            q = ngx_queue_next(q);
        }

        *clcfp = null_mut();

        ngx_queue_split(locations, regex, tail);
    }

    NGX_OK
}

unsafe fn ngx_http_init_static_location_trees(cf: *mut ngx_conf_t, pclcf: *mut ngx_http_core_loc_conf_t) -> ngx_int_t {
    let locations = (*pclcf).locations;

    if locations.is_null() {
        return NGX_OK;
    }

    if ngx_queue_empty(locations) {
        return NGX_OK;
    }

    let mut q = ngx_queue_head(locations);

    while q != ngx_queue_sentinel(locations) {
        let lq = ngx_queue_data!(q, ngx_http_location_queue_t, queue);

        let clcf = if !(*lq).exact.is_null() { (*lq).exact } else { (*lq).inclusive };

        if ngx_http_init_static_location_trees(cf, clcf) != NGX_OK {
            return NGX_ERROR;
        }

        q = ngx_queue_next(q);
    }

    if ngx_http_join_exact_locations(cf, locations) != NGX_OK {
        return NGX_ERROR;
    }

    ngx_http_create_locations_list(locations, ngx_queue_head(locations));

    (*pclcf).static_locations = ngx_http_create_locations_tree(cf, locations, 0);
    if (*pclcf).static_locations.is_null() {
        return NGX_ERROR;
    }

    NGX_OK
}

pub unsafe fn ngx_http_add_location(
    cf: *mut ngx_conf_t,
    locations: *mut *mut ngx_queue_t,
    clcf: *mut ngx_http_core_loc_conf_t,
) -> ngx_int_t {
    if (*locations).is_null() {
        *locations = ngx_palloc::<ngx_http_location_queue_t>((*cf).temp_pool).cast();
        if (*locations).is_null() {
            return NGX_ERROR;
        }

        ngx_queue_init(*locations);
    }

    let lq: *mut ngx_http_location_queue_t = ngx_palloc((*cf).temp_pool);
    if lq.is_null() {
        return NGX_ERROR;
    }

    if (*clcf).exact_match || !(*clcf).regex.is_null() || (*clcf).named || (*clcf).noname {
        (*lq).exact = clcf;
        (*lq).inclusive = null_mut();
    } else {
        (*lq).exact = null_mut();
        (*lq).inclusive = clcf;
    }

    (*lq).name = &raw mut (*clcf).name;
    (*lq).file_name = (*(*cf).conf_file).file.name.data;
    (*lq).line = (*(*cf).conf_file).line;

    ngx_queue_init(&raw mut (*lq).list);

    ngx_queue_insert_tail(*locations, &raw mut (*lq).queue);

    if ngx_http_escape_location_name(cf, clcf) != NGX_OK {
        return NGX_ERROR;
    }

    NGX_OK
}

unsafe fn ngx_http_escape_location_name(cf: *mut ngx_conf_t, clcf: *mut ngx_http_core_loc_conf_t) -> ngx_int_t {
    let escape = 2 * ngx_escape_uri(null_mut(), (*clcf).name.data, (*clcf).name.len, NGX_ESCAPE_URI);

    if escape != 0 {
        let len = (*clcf).name.len + escape;

        let p = ngx_pnalloc((*cf).pool, len);
        if p.is_null() {
            return NGX_ERROR;
        }

        (*clcf).escaped_name.len = len;
        (*clcf).escaped_name.data = p;

        ngx_escape_uri(p, (*clcf).name.data, (*clcf).name.len, NGX_ESCAPE_URI);
    } else {
        (*clcf).escaped_name = (*clcf).name;
    }

    NGX_OK
}

/// The order: by name, then the regexes and the named ones, each as written, then the nameless.
unsafe fn ngx_http_cmp_locations(one: *const ngx_queue_t, two: *const ngx_queue_t) -> ngx_int_t {
    let lq1 = ngx_queue_data!(one.cast_mut(), ngx_http_location_queue_t, queue);
    let lq2 = ngx_queue_data!(two.cast_mut(), ngx_http_location_queue_t, queue);

    let first = if !(*lq1).exact.is_null() { (*lq1).exact } else { (*lq1).inclusive };
    let second = if !(*lq2).exact.is_null() { (*lq2).exact } else { (*lq2).inclusive };

    if (*first).noname && !(*second).noname {
        return 1;
    }

    if !(*first).noname && (*second).noname {
        return -1;
    }

    if (*first).noname || (*second).noname {
        return 0;
    }

    if (*first).named && !(*second).named {
        return 1;
    }

    if !(*first).named && (*second).named {
        return -1;
    }

    if (*first).named && (*second).named {
        return ngx_strcmp((*first).name.data, (*second).name.data) as ngx_int_t;
    }

    #[cfg(feature = "pcre")]
    {
        if !(*first).regex.is_null() && (*second).regex.is_null() {
            return 1;
        }

        if (*first).regex.is_null() && !(*second).regex.is_null() {
            return -1;
        }

        if !(*first).regex.is_null() || !(*second).regex.is_null() {
            return 0;
        }
    }

    let rc =
        ngx_filename_cmp((*first).name.data, (*second).name.data, ngx_min((*first).name.len, (*second).name.len) + 1);

    if rc == 0 && !(*first).exact_match && (*second).exact_match {
        // of the same name, the exact one goes first
        return 1;
    }

    rc
}

/// Makes one element of `location = /x` and `location /x`.
unsafe fn ngx_http_join_exact_locations(cf: *mut ngx_conf_t, locations: *mut ngx_queue_t) -> ngx_int_t {
    let mut q = ngx_queue_head(locations);

    while q != ngx_queue_last(locations) {
        let x = ngx_queue_next(q);

        let lq = ngx_queue_data!(q, ngx_http_location_queue_t, queue);
        let lx = ngx_queue_data!(x, ngx_http_location_queue_t, queue);

        if (*(*lq).name).len == (*(*lx).name).len
            && ngx_filename_cmp((*(*lq).name).data, (*(*lx).name).data, (*(*lx).name).len) == 0
        {
            if (!(*lq).exact.is_null() && !(*lx).exact.is_null())
                || (!(*lq).inclusive.is_null() && !(*lx).inclusive.is_null())
            {
                ngx_log_error!(NGX_LOG_EMERG, (*cf).log, 0;
                               "duplicate location \"%V\" in %s:%ui", *(*lx).name, (*lx).file_name, (*lx).line);

                return NGX_ERROR;
            }

            (*lq).inclusive = (*lx).inclusive;

            ngx_queue_remove(x);

            continue;
        }

        q = ngx_queue_next(q);
    }

    NGX_OK
}

/// Moves what begins with the name of an inclusive location into the list of that location, and so on down.
unsafe fn ngx_http_create_locations_list(locations: *mut ngx_queue_t, q: *mut ngx_queue_t) {
    if q == ngx_queue_last(locations) {
        return;
    }

    let lq = ngx_queue_data!(q, ngx_http_location_queue_t, queue);

    if (*lq).inclusive.is_null() {
        ngx_http_create_locations_list(locations, ngx_queue_next(q));
        return;
    }

    let len = (*(*lq).name).len;
    let name = (*(*lq).name).data;

    let mut x = ngx_queue_next(q);

    while x != ngx_queue_sentinel(locations) {
        let lx = ngx_queue_data!(x, ngx_http_location_queue_t, queue);

        if len > (*(*lx).name).len || ngx_filename_cmp(name, (*(*lx).name).data, len) != 0 {
            break;
        }

        x = ngx_queue_next(x);
    }

    let q = ngx_queue_next(q);

    if q == x {
        ngx_http_create_locations_list(locations, x);
        return;
    }

    let mut tail: ngx_queue_t = core::mem::zeroed();
    let tail = &raw mut tail;
    let list = &raw mut (*lq).list;

    ngx_queue_split(locations, q, tail);
    ngx_queue_add(list, tail);

    if x == ngx_queue_sentinel(locations) {
        ngx_http_create_locations_list(list, ngx_queue_head(list));
        return;
    }

    ngx_queue_split(list, x, tail);
    ngx_queue_add(locations, tail);

    ngx_http_create_locations_list(list, ngx_queue_head(list));

    ngx_http_create_locations_list(locations, x);
}

/// Allocates a node, then all to its left, to its right, and below it: a walk to the left stays in the cache.
unsafe fn ngx_http_create_locations_tree(
    cf: *mut ngx_conf_t,
    locations: *mut ngx_queue_t,
    prefix: usize,
) -> *mut ngx_http_location_tree_node_t {
    let q = ngx_queue_middle(locations);

    let lq = ngx_queue_data!(q, ngx_http_location_queue_t, queue);
    let len = (*(*lq).name).len - prefix;

    let node: *mut ngx_http_location_tree_node_t =
        ngx_palloc_n::<u8>((*cf).pool, offset_of!(ngx_http_location_tree_node_t, name) + len).cast();
    if node.is_null() {
        return null_mut();
    }

    (*node).left = null_mut();
    (*node).right = null_mut();
    (*node).tree = null_mut();
    (*node).exact = (*lq).exact;
    (*node).inclusive = (*lq).inclusive;

    (*node).auto_redirect = ((!(*lq).exact.is_null() && (*(*lq).exact).auto_redirect)
        || (!(*lq).inclusive.is_null() && (*(*lq).inclusive).auto_redirect)) as u8;

    (*node).len = len as u16;
    ngx_memcpy(&raw mut (*node).name, (*(*lq).name).data.add(prefix), len);

    let mut tail: ngx_queue_t = core::mem::zeroed();
    let tail = &raw mut tail;

    ngx_queue_split(locations, q, tail);

    'inclusive: {
        if ngx_queue_empty(locations) {
            // then there is nothing to the right either
            break 'inclusive;
        }

        (*node).left = ngx_http_create_locations_tree(cf, locations, prefix);
        if (*node).left.is_null() {
            return null_mut();
        }

        ngx_queue_remove(q);

        if ngx_queue_empty(tail) {
            break 'inclusive;
        }

        (*node).right = ngx_http_create_locations_tree(cf, tail, prefix);
        if (*node).right.is_null() {
            return null_mut();
        }
    }

    let list = &raw mut (*lq).list;

    if ngx_queue_empty(list) {
        return node;
    }

    (*node).tree = ngx_http_create_locations_tree(cf, list, prefix + len);
    if (*node).tree.is_null() {
        return null_mut();
    }

    node
}

pub unsafe fn ngx_http_add_listen(
    cf: *mut ngx_conf_t,
    cscf: *mut ngx_http_core_srv_conf_t,
    lsopt: *mut ngx_http_listen_opt_t,
) -> ngx_int_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    if (*cmcf).ports.is_null() {
        (*cmcf).ports = ngx_array_create((*cf).temp_pool, 2);
        if (*cmcf).ports.is_null() {
            return NGX_ERROR;
        }
    }

    let sa = (*lsopt).sockaddr;
    let p = ngx_inet_get_port(sa);

    for i in 0..(*(*cmcf).ports).nelts {
        let port = (*(*cmcf).ports).elts.add(i);

        if p != (*port).port
            || (*lsopt).type_ as ngx_int_t != (*port).type_
            || (*sa).sa_family as ngx_int_t != (*port).family
        {
            continue;
        }

        // a known port

        return ngx_http_add_addresses(cf, cscf, port, lsopt);
    }

    // a new port

    let port = ngx_array_push((*cmcf).ports);
    if port.is_null() {
        return NGX_ERROR;
    }

    (*port).family = (*sa).sa_family as ngx_int_t;
    (*port).type_ = (*lsopt).type_ as ngx_int_t;
    (*port).port = p;
    (*port).addrs.elts = null_mut();

    ngx_http_add_address(cf, cscf, port, lsopt)
}

unsafe fn ngx_http_add_addresses(
    cf: *mut ngx_conf_t,
    cscf: *mut ngx_http_core_srv_conf_t,
    port: *mut ngx_http_conf_port_t,
    lsopt: *mut ngx_http_listen_opt_t,
) -> ngx_int_t {
    // not memcmp(): the kernel may have filled fields of an inherited socket's address

    for i in 0..(*port).addrs.nelts {
        let addr = (*port).addrs.elts.add(i);

        if ngx_cmp_sockaddr((*lsopt).sockaddr, (*lsopt).socklen, (*addr).opt.sockaddr, (*addr).opt.socklen, 0) != NGX_OK
        {
            continue;
        }

        // a known address

        if ngx_http_add_server(cf, cscf, addr) != NGX_OK {
            return NGX_ERROR;
        }

        // it stays the default server when the options are replaced
        let mut default_server = (*addr).opt.default_server;

        let proxy_protocol = (*lsopt).proxy_protocol || (*addr).opt.proxy_protocol;
        let protocols = (*lsopt).proxy_protocol as u8;
        let protocols_prev = (*addr).opt.proxy_protocol as u8;

        if (*lsopt).set {
            if (*addr).opt.set {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                                    "duplicate listen options for %V", (*addr).opt.addr_text);
                return NGX_ERROR;
            }

            (*addr).opt = *lsopt;
        }

        // only one server of an address:port is its default

        if (*lsopt).default_server {
            if default_server {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                                    "a duplicate default server for %V", (*addr).opt.addr_text);
                return NGX_ERROR;
            }

            default_server = true;
            (*addr).default_server = cscf;
        }

        // the protocols must agree

        if (protocols | protocols_prev) != protocols_prev {
            // added

            if ((*addr).opt.set && !(*lsopt).set)
                || (*addr).protocols_changed
                || (protocols | protocols_prev) != protocols
            {
                ngx_conf_log_error!(NGX_LOG_WARN, cf, 0;
                                    "protocol options redefined for %V", (*addr).opt.addr_text);
            }

            (*addr).protocols = protocols_prev;
            (*addr).protocols_set = true;
            (*addr).protocols_changed = true;
        } else if (protocols_prev | protocols) != protocols {
            // removed

            if (*lsopt).set || ((*addr).protocols_set && protocols != (*addr).protocols) {
                ngx_conf_log_error!(NGX_LOG_WARN, cf, 0;
                                    "protocol options redefined for %V", (*addr).opt.addr_text);
            }

            (*addr).protocols = protocols;
            (*addr).protocols_set = true;
            (*addr).protocols_changed = true;
        } else {
            // the same

            if ((*lsopt).set && (*addr).protocols_changed) || ((*addr).protocols_set && protocols != (*addr).protocols)
            {
                ngx_conf_log_error!(NGX_LOG_WARN, cf, 0;
                                    "protocol options redefined for %V", (*addr).opt.addr_text);
            }

            (*addr).protocols = protocols;
            (*addr).protocols_set = true;
        }

        (*addr).opt.default_server = default_server;
        (*addr).opt.proxy_protocol = proxy_protocol;

        return NGX_OK;
    }

    // a new address of this port

    ngx_http_add_address(cf, cscf, port, lsopt)
}

unsafe fn ngx_http_add_address(
    cf: *mut ngx_conf_t,
    cscf: *mut ngx_http_core_srv_conf_t,
    port: *mut ngx_http_conf_port_t,
    lsopt: *mut ngx_http_listen_opt_t,
) -> ngx_int_t {
    if (*port).addrs.elts.is_null() && ngx_array_init(&raw mut (*port).addrs, (*cf).temp_pool, 4) != NGX_OK {
        return NGX_ERROR;
    }

    let addr = ngx_array_push(&raw mut (*port).addrs);
    if addr.is_null() {
        return NGX_ERROR;
    }

    (*addr).opt = *lsopt;
    (*addr).protocols = 0;
    (*addr).protocols_set = false;
    (*addr).protocols_changed = false;
    (*addr).hash.buckets = null_mut();
    (*addr).hash.size = 0;
    (*addr).wc_head = null_mut();
    (*addr).wc_tail = null_mut();
    (*addr).nregex = 0;
    (*addr).regex = null_mut();
    (*addr).default_server = cscf;
    (*addr).servers.elts = null_mut();

    ngx_http_add_server(cf, cscf, addr)
}

unsafe fn ngx_http_add_server(
    cf: *mut ngx_conf_t,
    cscf: *mut ngx_http_core_srv_conf_t,
    addr: *mut ngx_http_conf_addr_t,
) -> ngx_int_t {
    if (*addr).servers.elts.is_null() {
        if ngx_array_init(&raw mut (*addr).servers, (*cf).temp_pool, 4) != NGX_OK {
            return NGX_ERROR;
        }
    } else {
        let server = (*addr).servers.elts;
        for i in 0..(*addr).servers.nelts {
            if *server.add(i) == cscf {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "a duplicate listen %V", (*addr).opt.addr_text);
                return NGX_ERROR;
            }
        }
    }

    let server = ngx_array_push(&raw mut (*addr).servers);
    if server.is_null() {
        return NGX_ERROR;
    }

    *server = cscf;

    NGX_OK
}

unsafe fn ngx_http_optimize_servers(
    cf: *mut ngx_conf_t,
    cmcf: *mut ngx_http_core_main_conf_t,
    ports: *mut ngx_array_t<ngx_http_conf_port_t>,
) -> ngx_int_t {
    if ports.is_null() {
        return NGX_OK;
    }

    for p in 0..(*ports).nelts {
        let port = (*ports).elts.add(p);

        ngx_sort(
            (*port).addrs.elts.cast(),
            (*port).addrs.nelts,
            size_of::<ngx_http_conf_addr_t>(),
            Some(ngx_http_cmp_conf_addrs),
        );

        // an address:port with one server needs no names, unless a regex of that server captures

        for a in 0..(*port).addrs.nelts {
            let addr = (*port).addrs.elts.add(a);

            if ((*addr).servers.nelts > 1 || (*(*addr).default_server).captures)
                && ngx_http_server_names(cf, cmcf, addr) != NGX_OK
            {
                return NGX_ERROR;
            }
        }

        if ngx_http_init_listening(cf, port) != NGX_OK {
            return NGX_ERROR;
        }
    }

    NGX_OK
}

unsafe fn ngx_http_server_names(
    cf: *mut ngx_conf_t,
    cmcf: *mut ngx_http_core_main_conf_t,
    addr: *mut ngx_http_conf_addr_t,
) -> ngx_int_t {
    #[cfg(feature = "pcre")]
    let mut regex = 0;

    let mut ha: ngx_hash_keys_arrays_t = core::mem::zeroed();
    let ha = &raw mut ha;

    (*ha).temp_pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, (*cf).log);
    if (*ha).temp_pool.is_null() {
        return NGX_ERROR;
    }

    (*ha).pool = (*cf).pool;

    'failed: {
        if ngx_hash_keys_array_init(ha, NGX_HASH_LARGE) != NGX_OK {
            break 'failed;
        }

        let cscfp = (*addr).servers.elts;

        for s in 0..(*addr).servers.nelts {
            let cscf = *cscfp.add(s);

            for n in 0..(*cscf).server_names.nelts {
                let name = (*cscf).server_names.elts.add(n);

                #[cfg(feature = "pcre")]
                if !(*name).regex.is_null() {
                    regex += 1;
                    continue;
                }

                let rc = ngx_hash_add_key(ha, &raw mut (*name).name, (*name).server.cast(), NGX_HASH_WILDCARD_KEY);

                if rc == NGX_ERROR {
                    break 'failed;
                }

                if rc == NGX_DECLINED {
                    ngx_log_error!(NGX_LOG_EMERG, (*cf).log, 0;
                                   "invalid server name or wildcard \"%V\" on %V",
                                   (*name).name, (*addr).opt.addr_text);
                    break 'failed;
                }

                if rc == NGX_BUSY {
                    ngx_log_error!(NGX_LOG_WARN, (*cf).log, 0;
                                   "conflicting server name \"%V\" on %V, ignored",
                                   (*name).name, (*addr).opt.addr_text);
                }
            }
        }

        let mut hash = ngx_hash_init_t {
            hash: null_mut(),
            key: Some(ngx_hash_key_lc),
            max_size: (*cmcf).server_names_hash_max_size,
            bucket_size: (*cmcf).server_names_hash_bucket_size,
            name: c"server_names_hash".as_ptr(),
            pool: (*cf).pool,
            temp_pool: null_mut(),
        };
        let hash = &raw mut hash;

        if (*ha).keys.nelts != 0 {
            (*hash).hash = &raw mut (*addr).hash;
            (*hash).temp_pool = null_mut();

            if ngx_hash_init(hash, (*ha).keys.elts, (*ha).keys.nelts) != NGX_OK {
                break 'failed;
            }
        }

        if (*ha).dns_wc_head.nelts != 0 {
            libc::qsort(
                (*ha).dns_wc_head.elts.cast(),
                (*ha).dns_wc_head.nelts,
                size_of::<ngx_hash_key_t>(),
                Some(ngx_http_cmp_dns_wildcards),
            );

            (*hash).hash = null_mut();
            (*hash).temp_pool = (*ha).temp_pool;

            if ngx_hash_wildcard_init(hash, (*ha).dns_wc_head.elts, (*ha).dns_wc_head.nelts) != NGX_OK {
                break 'failed;
            }

            (*addr).wc_head = (*hash).hash.cast();
        }

        if (*ha).dns_wc_tail.nelts != 0 {
            libc::qsort(
                (*ha).dns_wc_tail.elts.cast(),
                (*ha).dns_wc_tail.nelts,
                size_of::<ngx_hash_key_t>(),
                Some(ngx_http_cmp_dns_wildcards),
            );

            (*hash).hash = null_mut();
            (*hash).temp_pool = (*ha).temp_pool;

            if ngx_hash_wildcard_init(hash, (*ha).dns_wc_tail.elts, (*ha).dns_wc_tail.nelts) != NGX_OK {
                break 'failed;
            }

            (*addr).wc_tail = (*hash).hash.cast();
        }

        ngx_destroy_pool((*ha).temp_pool);

        #[cfg(feature = "pcre")]
        {
            if regex == 0 {
                return NGX_OK;
            }

            (*addr).nregex = regex;
            (*addr).regex = ngx_palloc_n((*cf).pool, regex);
            if (*addr).regex.is_null() {
                return NGX_ERROR;
            }

            let mut i = 0;

            for s in 0..(*addr).servers.nelts {
                let cscf = *cscfp.add(s);

                for n in 0..(*cscf).server_names.nelts {
                    let name = (*cscf).server_names.elts.add(n);

                    if !(*name).regex.is_null() {
                        *(*addr).regex.add(i) = *name;
                        i += 1;
                    }
                }
            }
        }

        return NGX_OK;
    }

    ngx_destroy_pool((*ha).temp_pool);

    NGX_ERROR
}

unsafe fn ngx_http_cmp_conf_addrs(one: *const c_void, two: *const c_void) -> ngx_int_t {
    let first: *const ngx_http_conf_addr_t = one.cast();
    let second: *const ngx_http_conf_addr_t = two.cast();

    if (*first).opt.wildcard {
        // "*:port" is the last
        return 1;
    }

    if (*second).opt.wildcard {
        return -1;
    }

    if (*first).opt.bind && !(*second).opt.bind {
        // those with a bind() of their own go first
        return -1;
    }

    if !(*first).opt.bind && (*second).opt.bind {
        return 1;
    }

    // else as written

    0
}

unsafe extern "C" fn ngx_http_cmp_dns_wildcards(one: *const c_void, two: *const c_void) -> c_int {
    let first: *const ngx_hash_key_t = one.cast();
    let second: *const ngx_hash_key_t = two.cast();

    ngx_dns_strcmp((*first).key.data, (*second).key.data) as c_int
}

unsafe fn ngx_http_init_listening(cf: *mut ngx_conf_t, port: *mut ngx_http_conf_port_t) -> ngx_int_t {
    let mut addr = (*port).addrs.elts;
    let mut last = (*port).addrs.nelts;

    // With "*:port" the addresses that have no bind() of their own share its socket. The order is: those with
    // bind(), those without, "*:port".

    let bind_wildcard = (*addr.add(last - 1)).opt.wildcard;

    if bind_wildcard {
        (*addr.add(last - 1)).opt.bind = true;
    }

    let mut i = 0;

    while i < last {
        if bind_wildcard && !(*addr.add(i)).opt.bind {
            i += 1;
            continue;
        }

        let ls = ngx_http_add_listening(cf, addr.add(i));
        if ls.is_null() {
            return NGX_ERROR;
        }

        let hport: *mut ngx_http_port_t = ngx_pcalloc((*cf).pool);
        if hport.is_null() {
            return NGX_ERROR;
        }

        (*ls).servers = hport.cast();

        (*hport).naddrs = i + 1;

        match (*(*ls).sockaddr).sa_family as c_int {
            libc::AF_INET6 => {
                if ngx_http_add_addrs6(cf, hport, addr) != NGX_OK {
                    return NGX_ERROR;
                }
            }
            _ => {
                if ngx_http_add_addrs(cf, hport, addr) != NGX_OK {
                    return NGX_ERROR;
                }
            }
        }

        addr = addr.add(1);
        last -= 1;
    }

    NGX_OK
}

unsafe fn ngx_http_add_listening(cf: *mut ngx_conf_t, addr: *mut ngx_http_conf_addr_t) -> *mut ngx_listening_t {
    let ls = ngx_create_listening(cf, (*addr).opt.sockaddr, (*addr).opt.socklen);
    if ls.is_null() {
        return null_mut();
    }

    (*ls).addr_ntop = true;

    (*ls).handler = Some(ngx_http_init_connection);

    let cscf = (*addr).default_server;
    (*ls).pool_size = (*cscf).connection_pool_size;

    let clcf: *mut ngx_http_core_loc_conf_t =
        (*(*(*cscf).ctx).loc_conf.add(ngx_http_core_module.ctx_index.get())).cast();

    (*ls).logp = (*clcf).error_log;
    (*ls).log.data = (&raw mut (*ls).addr_text).cast();
    (*ls).log.handler = Some(ngx_accept_log_error);

    (*ls).type_ = (*addr).opt.type_;
    (*ls).protocol = (*addr).opt.protocol;
    (*ls).backlog = (*addr).opt.backlog;
    (*ls).rcvbuf = (*addr).opt.rcvbuf;
    (*ls).sndbuf = (*addr).opt.sndbuf;

    (*ls).keepalive = (*addr).opt.so_keepalive;
    (*ls).keepidle = (*addr).opt.tcp_keepidle;
    (*ls).keepintvl = (*addr).opt.tcp_keepintvl;
    (*ls).keepcnt = (*addr).opt.tcp_keepcnt;

    (*ls).deferred_accept = (*addr).opt.deferred_accept;

    (*ls).ipv6only = (*addr).opt.ipv6only;

    (*ls).fastopen = (*addr).opt.fastopen;

    (*ls).reuseport = (*addr).opt.reuseport;

    (*ls).wildcard = (*addr).opt.wildcard;

    ls
}

/// For unix sockets too: there is one address then, which is never compared.
unsafe fn ngx_http_add_addrs(
    cf: *mut ngx_conf_t,
    hport: *mut ngx_http_port_t,
    addr: *mut ngx_http_conf_addr_t,
) -> ngx_int_t {
    let addrs: *mut ngx_http_in_addr_t = ngx_pcalloc_n((*cf).pool, (*hport).naddrs);
    (*hport).addrs = addrs.cast();
    if addrs.is_null() {
        return NGX_ERROR;
    }

    for i in 0..(*hport).naddrs {
        let a = addr.add(i);

        let sin: *mut sockaddr_in = (*a).opt.sockaddr.cast();
        (*addrs.add(i)).addr = (*sin).sin_addr.s_addr;
        (*addrs.add(i)).conf.default_server = (*a).default_server;
        (*addrs.add(i)).conf.proxy_protocol = (*a).opt.proxy_protocol;

        if (*a).hash.buckets.is_null()
            && ((*a).wc_head.is_null() || (*(*a).wc_head).hash.buckets.is_null())
            && ((*a).wc_tail.is_null() || (*(*a).wc_tail).hash.buckets.is_null())
            && (*a).nregex == 0
        {
            continue;
        }

        let vn: *mut ngx_http_virtual_names_t = ngx_palloc((*cf).pool);
        if vn.is_null() {
            return NGX_ERROR;
        }

        (*addrs.add(i)).conf.virtual_names = vn;

        (*vn).names.hash = (*a).hash;
        (*vn).names.wc_head = (*a).wc_head;
        (*vn).names.wc_tail = (*a).wc_tail;
        (*vn).nregex = (*a).nregex;
        (*vn).regex = (*a).regex;
    }

    NGX_OK
}

unsafe fn ngx_http_add_addrs6(
    cf: *mut ngx_conf_t,
    hport: *mut ngx_http_port_t,
    addr: *mut ngx_http_conf_addr_t,
) -> ngx_int_t {
    let addrs6: *mut ngx_http_in6_addr_t = ngx_pcalloc_n((*cf).pool, (*hport).naddrs);
    (*hport).addrs = addrs6.cast();
    if addrs6.is_null() {
        return NGX_ERROR;
    }

    for i in 0..(*hport).naddrs {
        let a = addr.add(i);

        let sin6: *mut sockaddr_in6 = (*a).opt.sockaddr.cast();
        (*addrs6.add(i)).addr6 = (*sin6).sin6_addr;
        (*addrs6.add(i)).conf.default_server = (*a).default_server;
        (*addrs6.add(i)).conf.proxy_protocol = (*a).opt.proxy_protocol;

        if (*a).hash.buckets.is_null()
            && ((*a).wc_head.is_null() || (*(*a).wc_head).hash.buckets.is_null())
            && ((*a).wc_tail.is_null() || (*(*a).wc_tail).hash.buckets.is_null())
            && (*a).nregex == 0
        {
            continue;
        }

        let vn: *mut ngx_http_virtual_names_t = ngx_palloc((*cf).pool);
        if vn.is_null() {
            return NGX_ERROR;
        }

        (*addrs6.add(i)).conf.virtual_names = vn;

        (*vn).names.hash = (*a).hash;
        (*vn).names.wc_head = (*a).wc_head;
        (*vn).names.wc_tail = (*a).wc_tail;
        (*vn).nregex = (*a).nregex;
        (*vn).regex = (*a).regex;
    }

    NGX_OK
}

/// A list of MIME types ("gzip_types"), or "*", which leaves NGX_CONF_UNSET_PTR. `cmd.post` is the type that is
/// always in it, or NULL.
pub unsafe fn ngx_http_types_slot(cf: *mut ngx_conf_t, cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let types: *mut *mut ngx_array_t<ngx_hash_key_t> = conf.byte_add((*cmd).offset).cast();

    if *types == NGX_CONF_UNSET_PTR() {
        return NGX_CONF_OK;
    }

    let default_type: *const ngx_str_t = (*cmd).post.cast();

    if (*types).is_null() {
        *types = ngx_array_create((*cf).temp_pool, 1);
        if (*types).is_null() {
            return NGX_CONF_ERROR;
        }

        if !default_type.is_null() {
            let type_ = ngx_array_push(*types);
            if type_.is_null() {
                return NGX_CONF_ERROR;
            }

            (*type_).key = *default_type;
            (*type_).key_hash = ngx_hash_key((*default_type).data, (*default_type).len);
            (*type_).value = core::ptr::without_provenance_mut(4);
        }
    }

    let value = (*(*cf).args).elts;

    'next: for i in 1..(*(*cf).args).nelts {
        let value = value.add(i);

        if (*value).len == 1 && *(*value).data == b'*' {
            *types = NGX_CONF_UNSET_PTR();
            return NGX_CONF_OK;
        }

        let hash = ngx_hash_strlow((*value).data, (*value).data, (*value).len);
        *(*value).data.add((*value).len) = b'\0';

        for n in 0..(*(*types)).nelts {
            let type_ = (*(*types)).elts.add(n);

            if ngx_strcmp((*value).data, (*type_).key.data) == 0 {
                ngx_conf_log_error!(NGX_LOG_WARN, cf, 0; "duplicate MIME type \"%V\"", *value);
                continue 'next;
            }
        }

        let type_ = ngx_array_push(*types);
        if type_.is_null() {
            return NGX_CONF_ERROR;
        }

        (*type_).key = *value;
        (*type_).key_hash = hash;
        (*type_).value = core::ptr::without_provenance_mut(4);
    }

    NGX_CONF_OK
}

/// `default_types` ends with an empty string.
pub unsafe fn ngx_http_merge_types(
    cf: *mut ngx_conf_t,
    keys: *mut *mut ngx_array_t<ngx_hash_key_t>,
    types_hash: *mut ngx_hash_t,
    prev_keys: *mut *mut ngx_array_t<ngx_hash_key_t>,
    prev_types_hash: *mut ngx_hash_t,
    default_types: *mut ngx_str_t,
) -> ngx_conf_ret_t {
    let mut hash = ngx_hash_init_t {
        hash: types_hash,
        key: None,
        max_size: 2048,
        bucket_size: 64,
        name: c"test_types_hash".as_ptr(),
        pool: (*cf).pool,
        temp_pool: null_mut(),
    };

    if !(*keys).is_null() {
        if *keys == NGX_CONF_UNSET_PTR() {
            return NGX_CONF_OK;
        }

        if ngx_hash_init(&raw mut hash, (*(*keys)).elts, (*(*keys)).nelts) != NGX_OK {
            return NGX_CONF_ERROR;
        }

        return NGX_CONF_OK;
    }

    if (*prev_types_hash).buckets.is_null() {
        if (*prev_keys).is_null() {
            if ngx_http_set_default_types(cf, prev_keys, default_types) != NGX_OK {
                return NGX_CONF_ERROR;
            }
        } else if *prev_keys == NGX_CONF_UNSET_PTR() {
            *keys = *prev_keys;
            return NGX_CONF_OK;
        }

        hash.hash = prev_types_hash;

        if ngx_hash_init(&raw mut hash, (*(*prev_keys)).elts, (*(*prev_keys)).nelts) != NGX_OK {
            return NGX_CONF_ERROR;
        }
    }

    *types_hash = *prev_types_hash;

    NGX_CONF_OK
}

pub unsafe fn ngx_http_set_default_types(
    cf: *mut ngx_conf_t,
    types: *mut *mut ngx_array_t<ngx_hash_key_t>,
    mut default_type: *mut ngx_str_t,
) -> ngx_int_t {
    *types = ngx_array_create((*cf).temp_pool, 1);
    if (*types).is_null() {
        return NGX_ERROR;
    }

    while (*default_type).len != 0 {
        let type_ = ngx_array_push(*types);
        if type_.is_null() {
            return NGX_ERROR;
        }

        (*type_).key = *default_type;
        (*type_).key_hash = ngx_hash_key((*default_type).data, (*default_type).len);
        (*type_).value = core::ptr::without_provenance_mut(4);

        default_type = default_type.add(1);
    }

    NGX_OK
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    static LOG: ngx_global_t<ngx_log_t> = ngx_global_t::zeroed();

    /// A server with these locations ("=/x" is exact), as after the configuration. A location's loc_conf is the
    /// location itself.
    pub(crate) unsafe fn locations(names: &[&'static CStr]) -> *mut ngx_http_core_loc_conf_t {
        ngx_pagesize.set(4096);

        let pool = ngx_create_pool(4096, LOG.ptr());

        let cf: *mut ngx_conf_t = ngx_pcalloc(pool);
        (*cf).pool = pool;
        (*cf).temp_pool = pool;
        (*cf).log = LOG.ptr();
        (*cf).conf_file = ngx_pcalloc(pool);

        let pclcf: *mut ngx_http_core_loc_conf_t = ngx_pcalloc(pool);

        for name in names {
            let clcf: *mut ngx_http_core_loc_conf_t = ngx_pcalloc(pool);
            let data: *mut u8 = name.as_ptr().cast_mut().cast();
            (*clcf).exact_match = *data == b'=';
            let skip = (*clcf).exact_match as usize;
            (*clcf).name = ngx_str_t { len: name.count_bytes() - skip, data: data.add(skip) };
            (*clcf).auto_redirect = name.to_bytes().ends_with(b"/");
            (*clcf).loc_conf = clcf.cast();
            assert_eq!(ngx_http_add_location(cf, &raw mut (*pclcf).locations, clcf), NGX_OK);
        }

        assert_eq!(ngx_http_init_locations(cf, null_mut(), pclcf), NGX_OK);

        if ngx_http_init_static_location_trees(cf, pclcf) != NGX_OK {
            return null_mut();
        }

        pclcf
    }

    #[test]
    fn duplicate_locations_are_refused() {
        unsafe {
            assert!(!locations(&[c"/a", c"=/a", c"/b"]).is_null());
            assert!(locations(&[c"/a", c"/b", c"/a"]).is_null());
            assert!(locations(&[c"=/a", c"/b", c"=/a"]).is_null());
        }
    }
}
