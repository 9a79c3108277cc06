//! Port of src/core/ngx_module.c and .h
//! DEVIATION: modules are built in, none is loaded (see ngx_load_module()), so ngx_add_module(),
//! ngx_module_index() and the room for 128 modules more are absent.

use crate::core::{
    ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_cycle::*, ngx_log::*, ngx_palloc::*, ngx_string::*,
};
use crate::ngx_modules::ngx_modules;

pub const NGX_MODULE_UNSET_INDEX: ngx_uint_t = usize::MAX;

/// A module: static, never written but for the two indices, which ngx_preinit_modules() and
/// ngx_count_modules() give.
#[repr(C)]
pub struct ngx_module_t {
    pub ctx_index: ngx_global_t<ngx_uint_t>,
    pub index: ngx_global_t<ngx_uint_t>,

    pub name: &'static CStr,

    /// By `type_`: an ngx_core_module_t, ngx_event_module_t or ngx_http_module_t.
    pub ctx: *const c_void,
    pub commands: &'static [ngx_command_t],
    pub type_: ngx_uint_t,

    pub init_master: Option<unsafe fn(log: *mut ngx_log_t) -> ngx_int_t>,

    pub init_module: Option<unsafe fn(cycle: *mut ngx_cycle_t) -> ngx_int_t>,

    pub init_process: Option<unsafe fn(cycle: *mut ngx_cycle_t) -> ngx_int_t>,
    pub init_thread: Option<unsafe fn(cycle: *mut ngx_cycle_t) -> ngx_int_t>,
    pub exit_thread: Option<unsafe fn(cycle: *mut ngx_cycle_t)>,
    pub exit_process: Option<unsafe fn(cycle: *mut ngx_cycle_t)>,

    pub exit_master: Option<unsafe fn(cycle: *mut ngx_cycle_t)>,
}

// SAFETY: written by the configuration code of the one event loop thread only.
unsafe impl Sync for ngx_module_t {}

/// The rest of a module: `ngx_module_t { name: …, ctx: …, ..NGX_MODULE_V1() }`
#[allow(non_snake_case)]
pub const fn NGX_MODULE_V1() -> ngx_module_t {
    ngx_module_t {
        ctx_index: ngx_global_t::new(NGX_MODULE_UNSET_INDEX),
        index: ngx_global_t::new(NGX_MODULE_UNSET_INDEX),
        name: c"",
        ctx: null(),
        commands: &[],
        type_: 0,
        init_master: None,
        init_module: None,
        init_process: None,
        init_thread: None,
        exit_thread: None,
        exit_process: None,
        exit_master: None,
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_core_module_t {
    pub name: ngx_str_t,
    pub create_conf: Option<unsafe fn(cycle: *mut ngx_cycle_t) -> *mut c_void>,
    pub init_conf: Option<unsafe fn(cycle: *mut ngx_cycle_t, conf: *mut c_void) -> ngx_conf_ret_t>,
}

pub static ngx_max_module: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();
static ngx_modules_n: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();

pub unsafe fn ngx_preinit_modules() -> ngx_int_t {
    for (i, module) in ngx_modules.iter().enumerate() {
        module.index.set(i);
    }

    ngx_modules_n.set(ngx_modules.len());
    ngx_max_module.set(ngx_modules_n.get());

    NGX_OK
}

/// The cycle's own list of modules, with a NULL at its end.
pub unsafe fn ngx_cycle_modules(cycle: *mut ngx_cycle_t) -> ngx_int_t {
    (*cycle).modules = ngx_pcalloc_n((*cycle).pool, ngx_max_module.get() + 1);
    if (*cycle).modules.is_null() {
        return NGX_ERROR;
    }

    for (i, &module) in ngx_modules.iter().enumerate() {
        *(*cycle).modules.add(i) = module;
    }

    (*cycle).modules_n = ngx_modules_n.get();

    NGX_OK
}

pub unsafe fn ngx_init_modules(cycle: *mut ngx_cycle_t) -> ngx_int_t {
    let mut i = 0;

    while !(*(*cycle).modules.add(i)).is_null() {
        if let Some(init_module) = (**(*cycle).modules.add(i)).init_module
            && init_module(cycle) != NGX_OK
        {
            return NGX_ERROR;
        }
        i += 1;
    }

    NGX_OK
}

/// Numbers the modules of a type, for their places in a context; returns how many places there must be.
pub unsafe fn ngx_count_modules(cycle: *mut ngx_cycle_t, type_: ngx_uint_t) -> ngx_int_t {
    let mut next = 0;
    let mut max = 0;
    let mut i = 0;

    while !(*(*cycle).modules.add(i)).is_null() {
        let module = &**(*cycle).modules.add(i);
        i += 1;

        if module.type_ != type_ {
            continue;
        }

        if module.ctx_index.get() != NGX_MODULE_UNSET_INDEX {
            // numbered by an earlier cycle

            if module.ctx_index.get() > max {
                max = module.ctx_index.get();
            }

            if module.ctx_index.get() == next {
                next += 1;
            }

            continue;
        }

        module.ctx_index.set(ngx_module_ctx_index(cycle, type_, next));

        if module.ctx_index.get() > max {
            max = module.ctx_index.get();
        }

        next = module.ctx_index.get() + 1;
    }

    // the cycle before may have more: callers keep the number in a global, and this cycle may yet fail

    if !(*cycle).old_cycle.is_null() && !(*(*cycle).old_cycle).modules.is_null() {
        let modules = (*(*cycle).old_cycle).modules;
        i = 0;

        while !(*modules.add(i)).is_null() {
            let module = &**modules.add(i);
            i += 1;

            if module.type_ != type_ {
                continue;
            }

            if module.ctx_index.get() > max {
                max = module.ctx_index.get();
            }
        }
    }

    (*cycle).modules_used = 1;

    (max + 1) as ngx_int_t
}

/// The first number from `index` on that no module of the type has, in this cycle or the one before.
unsafe fn ngx_module_ctx_index(cycle: *mut ngx_cycle_t, type_: ngx_uint_t, mut index: ngx_uint_t) -> ngx_uint_t {
    'again: loop {
        let mut i = 0;

        while !(*(*cycle).modules.add(i)).is_null() {
            let module = &**(*cycle).modules.add(i);
            i += 1;

            if module.type_ != type_ {
                continue;
            }

            if module.ctx_index.get() == index {
                index += 1;
                continue 'again;
            }
        }

        if !(*cycle).old_cycle.is_null() && !(*(*cycle).old_cycle).modules.is_null() {
            let modules = (*(*cycle).old_cycle).modules;
            i = 0;

            while !(*modules.add(i)).is_null() {
                let module = &**modules.add(i);
                i += 1;

                if module.type_ != type_ {
                    continue;
                }

                if module.ctx_index.get() == index {
                    index += 1;
                    continue 'again;
                }
            }
        }

        return index;
    }
}
