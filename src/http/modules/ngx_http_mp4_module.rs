//! Port of src/http/modules/ngx_http_mp4_module.c

use crate::core::{
    ngx_array::*, ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_file::*, ngx_log::*, ngx_module::*,
    ngx_open_file_cache::*, ngx_palloc::*, ngx_string::*,
};
use crate::http::{
    ngx_http_config::*, ngx_http_core_module::*, ngx_http_parse::*, ngx_http_request::*, ngx_http_request_body::*,
};
use crate::os::unix::{ngx_errno::*, ngx_files::*};

const NGX_HTTP_MP4_TRAK_ATOM: usize = 0;
const NGX_HTTP_MP4_TKHD_ATOM: usize = 1;
const NGX_HTTP_MP4_EDTS_ATOM: usize = 2;
const NGX_HTTP_MP4_ELST_ATOM: usize = 3;
const NGX_HTTP_MP4_MDIA_ATOM: usize = 4;
const NGX_HTTP_MP4_MDHD_ATOM: usize = 5;
const NGX_HTTP_MP4_HDLR_ATOM: usize = 6;
const NGX_HTTP_MP4_MINF_ATOM: usize = 7;
const NGX_HTTP_MP4_VMHD_ATOM: usize = 8;
const NGX_HTTP_MP4_SMHD_ATOM: usize = 9;
const NGX_HTTP_MP4_DINF_ATOM: usize = 10;
const NGX_HTTP_MP4_STBL_ATOM: usize = 11;
const NGX_HTTP_MP4_STSD_ATOM: usize = 12;
const NGX_HTTP_MP4_STTS_ATOM: usize = 13;
const NGX_HTTP_MP4_STTS_DATA: usize = 14;
const NGX_HTTP_MP4_STSS_ATOM: usize = 15;
const NGX_HTTP_MP4_STSS_DATA: usize = 16;
const NGX_HTTP_MP4_CTTS_ATOM: usize = 17;
const NGX_HTTP_MP4_CTTS_DATA: usize = 18;
const NGX_HTTP_MP4_STSC_ATOM: usize = 19;
const NGX_HTTP_MP4_STSC_START: usize = 20;
const NGX_HTTP_MP4_STSC_DATA: usize = 21;
const NGX_HTTP_MP4_STSC_END: usize = 22;
const NGX_HTTP_MP4_STSZ_ATOM: usize = 23;
const NGX_HTTP_MP4_STSZ_DATA: usize = 24;
const NGX_HTTP_MP4_STCO_ATOM: usize = 25;
const NGX_HTTP_MP4_STCO_DATA: usize = 26;
const NGX_HTTP_MP4_CO64_ATOM: usize = 27;
const NGX_HTTP_MP4_CO64_DATA: usize = 28;

const NGX_HTTP_MP4_LAST_ATOM: usize = NGX_HTTP_MP4_CO64_DATA;

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_mp4_conf_t {
    buffer_size: usize,
    max_buffer_size: usize,
    start_key_frame: ngx_flag_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_mp4_stsc_entry_t {
    chunk: [u8; 4],
    samples: [u8; 4],
    id: [u8; 4],
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_mp4_edts_atom_t {
    size: [u8; 4],
    name: [u8; 4],
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_mp4_elst_atom_t {
    size: [u8; 4],
    name: [u8; 4],
    version: [u8; 1],
    flags: [u8; 3],
    entries: [u8; 4],
    duration: [u8; 8],
    media_time: [u8; 8],
    media_rate: [u8; 2],
    reserved: [u8; 2],
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_mp4_trak_t {
    timescale: u32,
    time_to_sample_entries: u32,
    sample_to_chunk_entries: u32,
    sync_samples_entries: u32,
    composition_offset_entries: u32,
    sample_sizes_entries: u32,
    chunks: u32,

    start_sample: ngx_uint_t,
    end_sample: ngx_uint_t,
    start_chunk: ngx_uint_t,
    end_chunk: ngx_uint_t,
    start_chunk_samples: ngx_uint_t,
    end_chunk_samples: ngx_uint_t,
    start_chunk_samples_size: u64,
    end_chunk_samples_size: u64,
    duration: u64,
    prefix: u64,
    movie_duration: u64,
    start_offset: off_t,
    end_offset: off_t,

    tkhd_size: usize,
    mdhd_size: usize,
    hdlr_size: usize,
    vmhd_size: usize,
    smhd_size: usize,
    dinf_size: usize,
    size: usize,

    out: [ngx_chain_t; NGX_HTTP_MP4_LAST_ATOM + 1],

    trak_atom_buf: ngx_buf_t,
    tkhd_atom_buf: ngx_buf_t,
    edts_atom_buf: ngx_buf_t,
    elst_atom_buf: ngx_buf_t,
    mdia_atom_buf: ngx_buf_t,
    mdhd_atom_buf: ngx_buf_t,
    hdlr_atom_buf: ngx_buf_t,
    minf_atom_buf: ngx_buf_t,
    vmhd_atom_buf: ngx_buf_t,
    smhd_atom_buf: ngx_buf_t,
    dinf_atom_buf: ngx_buf_t,
    stbl_atom_buf: ngx_buf_t,
    stsd_atom_buf: ngx_buf_t,
    stts_atom_buf: ngx_buf_t,
    stts_data_buf: ngx_buf_t,
    stss_atom_buf: ngx_buf_t,
    stss_data_buf: ngx_buf_t,
    ctts_atom_buf: ngx_buf_t,
    ctts_data_buf: ngx_buf_t,
    stsc_atom_buf: ngx_buf_t,
    stsc_start_chunk_buf: ngx_buf_t,
    stsc_end_chunk_buf: ngx_buf_t,
    stsc_data_buf: ngx_buf_t,
    stsz_atom_buf: ngx_buf_t,
    stsz_data_buf: ngx_buf_t,
    stco_atom_buf: ngx_buf_t,
    stco_data_buf: ngx_buf_t,
    co64_atom_buf: ngx_buf_t,
    co64_data_buf: ngx_buf_t,

    edts_atom: ngx_mp4_edts_atom_t,
    elst_atom: ngx_mp4_elst_atom_t,
    stsc_start_chunk_entry: ngx_mp4_stsc_entry_t,
    stsc_end_chunk_entry: ngx_mp4_stsc_entry_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_mp4_file_t {
    file: ngx_file_t,

    buffer: *mut u8,
    buffer_start: *mut u8,
    buffer_pos: *mut u8,
    buffer_end: *mut u8,
    buffer_size: usize,

    offset: off_t,
    end: off_t,
    content_length: off_t,
    start: ngx_uint_t,
    length: ngx_uint_t,
    timescale: u32,
    request: *mut ngx_http_request_t,
    trak: ngx_array_t<ngx_http_mp4_trak_t>,
    traks: [ngx_http_mp4_trak_t; 2],

    ftyp_size: usize,
    moov_size: usize,

    out: *mut ngx_chain_t,
    ftyp_atom: ngx_chain_t,
    moov_atom: ngx_chain_t,
    mvhd_atom: ngx_chain_t,
    mdat_atom: ngx_chain_t,
    mdat_data: ngx_chain_t,

    ftyp_atom_buf: ngx_buf_t,
    moov_atom_buf: ngx_buf_t,
    mvhd_atom_buf: ngx_buf_t,
    mdat_atom_buf: ngx_buf_t,
    mdat_data_buf: ngx_buf_t,

    moov_atom_header: [u8; 8],
    mdat_atom_header: [u8; 16],

    /// Ours: the buffer holds the moov atom, which is being read.
    in_moov: bool,
}

struct ngx_http_mp4_atom_handler_t {
    name: &'static [u8; 4],
    handler: unsafe fn(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t,
}

#[inline(always)]
unsafe fn ngx_mp4_atom_header(mp4: *mut ngx_http_mp4_file_t) -> *mut u8 {
    (*mp4).buffer_pos.sub(8)
}

#[inline(always)]
unsafe fn ngx_mp4_atom_data(mp4: *mut ngx_http_mp4_file_t) -> *mut u8 {
    (*mp4).buffer_pos
}

const fn ngx_mp4_atom_data_size<T>() -> u64 {
    (size_of::<T>() - 8) as u64
}

unsafe fn ngx_mp4_atom_next(mp4: *mut ngx_http_mp4_file_t, n: u64) {
    if n > (*mp4).buffer_end.offset_from_unsigned((*mp4).buffer_pos) as u64 {
        (*mp4).buffer_pos = (*mp4).buffer_end;
    } else {
        (*mp4).buffer_pos = (*mp4).buffer_pos.add(n as usize);
    }

    (*mp4).offset += n as off_t;
}

#[inline(always)]
unsafe fn ngx_mp4_set_atom_name<T>(p: *mut T, name: &[u8; 4]) {
    *p.cast::<u8>().add(4).cast() = *name;
}

// all numbers are big-endian, none is aligned

#[inline(always)]
unsafe fn ngx_mp4_set_16value<T>(p: *mut T, n: u16) {
    *p.cast() = n.to_be_bytes();
}

#[inline(always)]
unsafe fn ngx_mp4_get_32value<T>(p: *const T) -> u32 {
    u32::from_be_bytes(*p.cast())
}

#[inline(always)]
unsafe fn ngx_mp4_set_32value<T>(p: *mut T, n: u32) {
    *p.cast() = n.to_be_bytes();
}

#[inline(always)]
unsafe fn ngx_mp4_get_64value<T>(p: *const T) -> u64 {
    u64::from_be_bytes(*p.cast())
}

#[inline(always)]
unsafe fn ngx_mp4_set_64value<T>(p: *mut T, n: u64) {
    *p.cast() = n.to_be_bytes();
}

#[inline(always)]
unsafe fn ngx_mp4_last_trak(mp4: *mut ngx_http_mp4_file_t) -> *mut ngx_http_mp4_trak_t {
    (*mp4).trak.elts.add((*mp4).trak.nelts - 1)
}

static ngx_http_mp4_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("mp4"),
        type_: NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS,
        set: Some(ngx_http_mp4),
        conf: 0,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("mp4_buffer_size"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_size_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_mp4_conf_t, buffer_size: usize),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("mp4_max_buffer_size"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_size_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_mp4_conf_t, max_buffer_size: usize),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("mp4_start_key_frame"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_mp4_conf_t, start_key_frame: ngx_flag_t),
        post: null(),
    },
];

static ngx_http_mp4_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: None,

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_mp4_create_conf),
    merge_loc_conf: Some(ngx_http_mp4_merge_conf),
};

pub static ngx_http_mp4_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_mp4_module",
    ctx: (&raw const ngx_http_mp4_module_ctx).cast(),
    commands: ngx_http_mp4_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_mp4_atoms: &[ngx_http_mp4_atom_handler_t] = &[
    ngx_http_mp4_atom_handler_t { name: b"ftyp", handler: ngx_http_mp4_read_ftyp_atom },
    ngx_http_mp4_atom_handler_t { name: b"moov", handler: ngx_http_mp4_read_moov_atom },
    ngx_http_mp4_atom_handler_t { name: b"mdat", handler: ngx_http_mp4_read_mdat_atom },
];

static ngx_http_mp4_moov_atoms: &[ngx_http_mp4_atom_handler_t] = &[
    ngx_http_mp4_atom_handler_t { name: b"mvhd", handler: ngx_http_mp4_read_mvhd_atom },
    ngx_http_mp4_atom_handler_t { name: b"trak", handler: ngx_http_mp4_read_trak_atom },
    ngx_http_mp4_atom_handler_t { name: b"cmov", handler: ngx_http_mp4_read_cmov_atom },
];

static ngx_http_mp4_trak_atoms: &[ngx_http_mp4_atom_handler_t] = &[
    ngx_http_mp4_atom_handler_t { name: b"tkhd", handler: ngx_http_mp4_read_tkhd_atom },
    ngx_http_mp4_atom_handler_t { name: b"mdia", handler: ngx_http_mp4_read_mdia_atom },
];

static ngx_http_mp4_mdia_atoms: &[ngx_http_mp4_atom_handler_t] = &[
    ngx_http_mp4_atom_handler_t { name: b"mdhd", handler: ngx_http_mp4_read_mdhd_atom },
    ngx_http_mp4_atom_handler_t { name: b"hdlr", handler: ngx_http_mp4_read_hdlr_atom },
    ngx_http_mp4_atom_handler_t { name: b"minf", handler: ngx_http_mp4_read_minf_atom },
];

static ngx_http_mp4_minf_atoms: &[ngx_http_mp4_atom_handler_t] = &[
    ngx_http_mp4_atom_handler_t { name: b"vmhd", handler: ngx_http_mp4_read_vmhd_atom },
    ngx_http_mp4_atom_handler_t { name: b"smhd", handler: ngx_http_mp4_read_smhd_atom },
    ngx_http_mp4_atom_handler_t { name: b"dinf", handler: ngx_http_mp4_read_dinf_atom },
    ngx_http_mp4_atom_handler_t { name: b"stbl", handler: ngx_http_mp4_read_stbl_atom },
];

static ngx_http_mp4_stbl_atoms: &[ngx_http_mp4_atom_handler_t] = &[
    ngx_http_mp4_atom_handler_t { name: b"stsd", handler: ngx_http_mp4_read_stsd_atom },
    ngx_http_mp4_atom_handler_t { name: b"stts", handler: ngx_http_mp4_read_stts_atom },
    ngx_http_mp4_atom_handler_t { name: b"stss", handler: ngx_http_mp4_read_stss_atom },
    ngx_http_mp4_atom_handler_t { name: b"ctts", handler: ngx_http_mp4_read_ctts_atom },
    ngx_http_mp4_atom_handler_t { name: b"stsc", handler: ngx_http_mp4_read_stsc_atom },
    ngx_http_mp4_atom_handler_t { name: b"stsz", handler: ngx_http_mp4_read_stsz_atom },
    ngx_http_mp4_atom_handler_t { name: b"stco", handler: ngx_http_mp4_read_stco_atom },
    ngx_http_mp4_atom_handler_t { name: b"co64", handler: ngx_http_mp4_read_co64_atom },
];

unsafe fn ngx_http_mp4_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).method & (NGX_HTTP_GET | NGX_HTTP_HEAD) == 0 {
        return NGX_HTTP_NOT_ALLOWED;
    }

    if (*r).uri.bytes().last() == Some(&b'/') {
        return NGX_DECLINED;
    }

    let mut rc = ngx_http_discard_request_body(r);

    if rc != NGX_OK {
        return rc;
    }

    let mut path = ngx_null_string;
    let mut root = 0;

    let last = ngx_http_map_uri_to_path(r, &raw mut path, &raw mut root, 0);
    if last.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    let log = (*(*r).connection).log;

    path.len = last.offset_from_unsigned(path.data);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, log, 0; "http mp4 filename: \"%V\"", path);

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    let mut of: ngx_open_file_info_t = core::mem::zeroed();

    of.read_ahead = (*clcf).read_ahead;
    of.directio = NGX_MAX_OFF_T_VALUE;
    of.valid = (*clcf).open_file_cache_valid;
    of.min_uses = (*clcf).open_file_cache_min_uses;
    of.errors = (*clcf).open_file_cache_errors != 0;
    of.events = (*clcf).open_file_cache_events != 0;

    if ngx_http_set_disable_symlinks(r, clcf, &raw mut path, &raw mut of) != NGX_OK {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if ngx_open_cached_file((*clcf).open_file_cache, &raw mut path, &raw mut of, (*r).pool) != NGX_OK {
        let level;

        (level, rc) = match of.err {
            0 => return NGX_HTTP_INTERNAL_SERVER_ERROR,
            NGX_ENOENT | NGX_ENOTDIR | NGX_ENAMETOOLONG => (NGX_LOG_ERR, NGX_HTTP_NOT_FOUND),
            NGX_EACCES | NGX_EMLINK | NGX_ELOOP => (NGX_LOG_ERR, NGX_HTTP_FORBIDDEN),
            _ => (NGX_LOG_CRIT, NGX_HTTP_INTERNAL_SERVER_ERROR),
        };

        if rc != NGX_HTTP_NOT_FOUND || (*clcf).log_not_found != 0 {
            ngx_log_error!(level, log, of.err; "%s \"%s\" failed", of.failed, path.data);
        }

        return rc;
    }

    if !of.is_file {
        return NGX_DECLINED;
    }

    (*r).root_tested = !(*r).error_page;
    (*r).allow_ranges = true;

    let mut start = -1;
    let mut length = 0;
    (*r).headers_out.content_length_n = of.size;
    let mut mp4: *mut ngx_http_mp4_file_t = null_mut();
    let mut b: *mut ngx_buf_t = null_mut();

    if (*r).args.len != 0 {
        let mut value = ngx_null_string;

        if ngx_http_arg(r, b"start".as_ptr().cast_mut(), 5, &raw mut value) == NGX_OK {
            // ngx_atofp() would refuse the many digits after the dot that Flash players send

            start = ngx_http_mp4_atofp(value.data, value.len, 3);
        }

        if ngx_http_arg(r, b"end".as_ptr().cast_mut(), 3, &raw mut value) == NGX_OK {
            let end = ngx_http_mp4_atofp(value.data, value.len, 3);

            if end > 0 {
                if start < 0 {
                    start = 0;
                }

                if end > start {
                    length = (end - start) as ngx_uint_t;
                }
            }
        }
    }

    if start >= 0 {
        (*r).single_range = true;

        mp4 = ngx_pcalloc((*r).pool);
        if mp4.is_null() {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        (*mp4).file.fd = of.fd;
        (*mp4).file.name = path;
        (*mp4).file.log = (*(*r).connection).log;
        (*mp4).end = of.size;
        (*mp4).start = start as ngx_uint_t;
        (*mp4).length = length;
        (*mp4).request = r;

        match ngx_http_mp4_process(mp4) {
            NGX_DECLINED => {
                if !(*mp4).buffer.is_null() {
                    ngx_pfree((*r).pool, (*mp4).buffer);
                }

                ngx_pfree((*r).pool, mp4);
                mp4 = null_mut();
            }

            NGX_OK => (*r).headers_out.content_length_n = (*mp4).content_length,

            // NGX_ERROR
            _ => {
                if !(*mp4).buffer.is_null() {
                    ngx_pfree((*r).pool, (*mp4).buffer);
                }

                ngx_pfree((*r).pool, mp4);

                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }
        }
    }

    (*log).action = c"sending mp4 to client".as_ptr();

    if (*clcf).directio <= of.size {
        // only now, so that the kernel could cache the "moov" atom

        if ngx_directio_on(of.fd) == NGX_FILE_ERROR as ngx_int_t {
            ngx_log_error!(NGX_LOG_ALERT, log, ngx_errno(); "fcntl(O_DIRECT) \"%s\" failed", path.data);
        }

        of.is_directio = true;

        if !mp4.is_null() {
            (*mp4).file.directio = true;
        }
    }

    (*r).headers_out.status = NGX_HTTP_OK as ngx_uint_t;
    (*r).headers_out.last_modified_time = of.mtime;

    if ngx_http_set_etag(r) != NGX_OK {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if ngx_http_set_content_type(r) != NGX_OK {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if mp4.is_null() {
        b = ngx_calloc_buf((*r).pool);
        if b.is_null() {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        (*b).file = ngx_pcalloc((*r).pool);
        if (*b).file.is_null() {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    rc = ngx_http_send_header(r);

    if rc == NGX_ERROR || rc > NGX_OK || (*r).header_only {
        return rc;
    }

    if !mp4.is_null() {
        return ngx_http_output_filter(r, (*mp4).out);
    }

    (*b).file_pos = 0;
    (*b).file_last = of.size;

    (*b).in_file = (*b).file_last != 0;
    (*b).last_buf = r == (*r).main;
    (*b).last_in_chain = true;
    (*b).sync = !((*b).last_buf || (*b).in_file);

    (*(*b).file).fd = of.fd;
    (*(*b).file).name = path;
    (*(*b).file).log = log;
    (*(*b).file).directio = of.is_directio;

    let mut out = ngx_chain_t { buf: b, next: null_mut() };

    ngx_http_output_filter(r, &raw mut out)
}

/// As ngx_atofp(), but digits past the point's place are skipped.
unsafe fn ngx_http_mp4_atofp(line: *const u8, n: usize, mut point: usize) -> ngx_int_t {
    if n == 0 {
        return NGX_ERROR;
    }

    let cutoff = NGX_MAX_INT_T_VALUE / 10;
    let cutlim = NGX_MAX_INT_T_VALUE % 10;

    let mut value: ngx_int_t = 0;
    let mut dot = 0;

    for &ch in ngx_bytes(line, n) {
        if ch == b'.' {
            if dot != 0 {
                return NGX_ERROR;
            }

            dot = 1;
            continue;
        }

        if !ch.is_ascii_digit() {
            return NGX_ERROR;
        }

        if point == 0 {
            continue;
        }

        let digit = (ch - b'0') as ngx_int_t;

        if value >= cutoff && (value > cutoff || digit > cutlim) {
            return NGX_ERROR;
        }

        value = value * 10 + digit;
        point -= dot;
    }

    while point > 0 {
        if value > cutoff {
            return NGX_ERROR;
        }

        value *= 10;
        point -= 1;
    }

    value
}

unsafe fn ngx_http_mp4_process(mp4: *mut ngx_http_mp4_file_t) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                   "mp4 start:%ui, length:%ui", (*mp4).start, (*mp4).length);

    let conf: *mut ngx_http_mp4_conf_t = ngx_http_get_module_loc_conf((*mp4).request, &ngx_http_mp4_module);

    (*mp4).buffer_size = (*conf).buffer_size;

    let rc = ngx_http_mp4_read_atom(mp4, ngx_http_mp4_atoms, (*mp4).end as u64);
    if rc != NGX_OK {
        return rc;
    }

    if (*mp4).trak.nelts == 0 {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "no mp4 trak atoms were found in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    if (*mp4).mdat_atom.buf.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "no mp4 mdat atom was found in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let mut prev = &raw mut (*mp4).out;

    if !(*mp4).ftyp_atom.buf.is_null() {
        *prev = &raw mut (*mp4).ftyp_atom;
        prev = &raw mut (*mp4).ftyp_atom.next;
    }

    *prev = &raw mut (*mp4).moov_atom;
    prev = &raw mut (*mp4).moov_atom.next;

    if !(*mp4).mvhd_atom.buf.is_null() {
        (*mp4).moov_size += (*mp4).mvhd_atom_buf.last.offset_from_unsigned((*mp4).mvhd_atom_buf.pos);
        *prev = &raw mut (*mp4).mvhd_atom;
        prev = &raw mut (*mp4).mvhd_atom.next;
    }

    let mut start_offset = (*mp4).end;
    let mut end_offset = 0;

    for i in 0..(*mp4).trak.nelts {
        let trak = (*mp4).trak.elts.add(i);

        if ngx_http_mp4_update_stts_atom(mp4, trak) != NGX_OK {
            return NGX_ERROR;
        }

        if ngx_http_mp4_update_stss_atom(mp4, trak) != NGX_OK {
            return NGX_ERROR;
        }

        ngx_http_mp4_update_ctts_atom(mp4, trak);

        if ngx_http_mp4_update_stsc_atom(mp4, trak) != NGX_OK {
            return NGX_ERROR;
        }

        if ngx_http_mp4_update_stsz_atom(mp4, trak) != NGX_OK {
            return NGX_ERROR;
        }

        if !(*trak).out[NGX_HTTP_MP4_CO64_DATA].buf.is_null() {
            if ngx_http_mp4_update_co64_atom(mp4, trak) != NGX_OK {
                return NGX_ERROR;
            }
        } else if ngx_http_mp4_update_stco_atom(mp4, trak) != NGX_OK {
            return NGX_ERROR;
        }

        ngx_http_mp4_update_stbl_atom(mp4, trak);
        ngx_http_mp4_update_minf_atom(mp4, trak);
        ngx_http_mp4_update_mdhd_atom(mp4, trak);
        (*trak).size += (*trak).hdlr_size;
        ngx_http_mp4_update_mdia_atom(mp4, trak);
        (*trak).size += (*trak).tkhd_size;
        ngx_http_mp4_update_edts_atom(mp4, trak);
        ngx_http_mp4_update_trak_atom(mp4, trak);

        (*mp4).moov_size += (*trak).size;

        if start_offset > (*trak).start_offset {
            start_offset = (*trak).start_offset;
        }

        if end_offset < (*trak).end_offset {
            end_offset = (*trak).end_offset;
        }

        *prev = &raw mut (*trak).out[NGX_HTTP_MP4_TRAK_ATOM];
        prev = &raw mut (*trak).out[NGX_HTTP_MP4_TRAK_ATOM].next;

        for j in 0..NGX_HTTP_MP4_LAST_ATOM + 1 {
            if !(*trak).out[j].buf.is_null() {
                *prev = &raw mut (*trak).out[j];
                prev = &raw mut (*trak).out[j].next;
            }
        }
    }

    if end_offset <= start_offset {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "no data between start time and end time in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    (*mp4).moov_size += 8;

    ngx_mp4_set_32value(&raw mut (*mp4).moov_atom_header, (*mp4).moov_size as u32);
    ngx_mp4_set_atom_name(&raw mut (*mp4).moov_atom_header, b"moov");
    (*mp4).content_length += (*mp4).moov_size as off_t;

    *prev = &raw mut (*mp4).mdat_atom;

    if start_offset >= (*(*mp4).mdat_data.buf).file_last {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "start time is out mp4 mdat atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let adjustment =
        ((*mp4).ftyp_size + (*mp4).moov_size + ngx_http_mp4_update_mdat_atom(mp4, start_offset, end_offset)) as off_t
            - start_offset;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 adjustment:%O", adjustment);

    for i in 0..(*mp4).trak.nelts {
        let trak = (*mp4).trak.elts.add(i);

        if !(*trak).out[NGX_HTTP_MP4_CO64_DATA].buf.is_null() {
            ngx_http_mp4_adjust_co64_atom(mp4, trak, adjustment);
        } else {
            ngx_http_mp4_adjust_stco_atom(mp4, trak, adjustment as i32);
        }
    }

    NGX_OK
}

#[repr(C)]
struct ngx_mp4_atom_header_t {
    _size: [u8; 4],
    _name: [u8; 4],
}

#[repr(C)]
struct ngx_mp4_atom_header64_t {
    _size: [u8; 4],
    _name: [u8; 4],
    _size64: [u8; 8],
}

unsafe fn ngx_http_mp4_read_atom(
    mp4: *mut ngx_http_mp4_file_t,
    atom: &[ngx_http_mp4_atom_handler_t],
    atom_data_size: u64,
) -> ngx_int_t {
    let end = (*mp4).offset + atom_data_size as off_t;

    'next: loop {
        if (*mp4).offset >= end {
            return NGX_OK;
        }

        if ngx_http_mp4_read(mp4, size_of::<u32>()) != NGX_OK {
            return NGX_ERROR;
        }

        let mut atom_header = (*mp4).buffer_pos;
        let mut atom_size = ngx_mp4_get_32value(atom_header) as u64;
        let mut atom_header_size = size_of::<ngx_mp4_atom_header_t>() as u64;

        if atom_size == 0 {
            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 atom end");
            return NGX_OK;
        }

        if atom_size < size_of::<ngx_mp4_atom_header_t>() as u64 {
            if atom_size == 1 {
                if ngx_http_mp4_read(mp4, size_of::<ngx_mp4_atom_header64_t>()) != NGX_OK {
                    return NGX_ERROR;
                }

                // a 64-bit size follows

                atom_header = (*mp4).buffer_pos;
                atom_size = ngx_mp4_get_64value(atom_header.add(8));
                atom_header_size = size_of::<ngx_mp4_atom_header64_t>() as u64;

                if atom_size < size_of::<ngx_mp4_atom_header64_t>() as u64 {
                    ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                                   "\"%s\" mp4 atom is too small:%uL", (*mp4).file.name.data, atom_size);
                    return NGX_ERROR;
                }
            } else {
                ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                               "\"%s\" mp4 atom is too small:%uL", (*mp4).file.name.data, atom_size);
                return NGX_ERROR;
            }
        }

        if ngx_http_mp4_read(mp4, size_of::<ngx_mp4_atom_header_t>()) != NGX_OK {
            return NGX_ERROR;
        }

        atom_header = (*mp4).buffer_pos;
        let atom_name: [u8; 4] = *atom_header.add(size_of::<u32>()).cast();

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                       "mp4 atom: %*s @%O:%uL", 4, atom_name.as_ptr(), (*mp4).offset, atom_size);

        if atom_size > (NGX_MAX_OFF_T_VALUE - (*mp4).offset) as u64 || (*mp4).offset + atom_size as off_t > end {
            ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                           "\"%s\" mp4 atom too large:%uL", (*mp4).file.name.data, atom_size);
            return NGX_ERROR;
        }

        for known in atom {
            if atom_name == *known.name {
                ngx_mp4_atom_next(mp4, atom_header_size);

                let rc = (known.handler)(mp4, atom_size - atom_header_size);
                if rc != NGX_OK {
                    return rc;
                }

                continue 'next;
            }
        }

        ngx_mp4_atom_next(mp4, atom_size);
    }
}

unsafe fn ngx_http_mp4_read(mp4: *mut ngx_http_mp4_file_t, size: usize) -> ngx_int_t {
    if !(*mp4).buffer_pos.is_null()
        && !(*mp4).buffer_end.is_null()
        && size <= (*mp4).buffer_end.offset_from_unsigned((*mp4).buffer_pos)
    {
        return NGX_OK;
    }

    // DEVIATION: where less than an atom's size is left of the moov atom, C reads on over the atoms that it has
    // checked; an mdhd atom may then become one of 64 bits, longer than what there is.

    if (*mp4).in_moov {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "\"%s\" mp4 file truncated", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    if (*mp4).buffer_size as off_t > (*mp4).end - (*mp4).offset {
        (*mp4).buffer_size = ((*mp4).end - (*mp4).offset) as usize;
    }

    if (*mp4).buffer_size < size {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "\"%s\" mp4 file truncated", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    if (*mp4).buffer.is_null() {
        (*mp4).buffer = ngx_palloc_n((*(*mp4).request).pool, (*mp4).buffer_size);
        if (*mp4).buffer.is_null() {
            return NGX_ERROR;
        }

        (*mp4).buffer_start = (*mp4).buffer;
    }

    let n = ngx_read_file(&raw mut (*mp4).file, (*mp4).buffer_start, (*mp4).buffer_size, (*mp4).offset);

    if n == NGX_ERROR {
        return NGX_ERROR;
    }

    if n as usize != (*mp4).buffer_size {
        ngx_log_error!(NGX_LOG_CRIT, (*mp4).file.log, 0;
                       "pread() read only %z of %z from \"%s\"", n, (*mp4).buffer_size, (*mp4).file.name.data);
        return NGX_ERROR;
    }

    (*mp4).buffer_pos = (*mp4).buffer_start;
    (*mp4).buffer_end = (*mp4).buffer_start.add((*mp4).buffer_size);

    NGX_OK
}

unsafe fn ngx_http_mp4_read_ftyp_atom(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 ftyp atom");

    if atom_data_size > 1024 || atom_data_size as usize > (*mp4).buffer_end.offset_from_unsigned(ngx_mp4_atom_data(mp4))
    {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "\"%s\" mp4 ftyp atom is too large:%uL", (*mp4).file.name.data, atom_data_size);
        return NGX_ERROR;
    }

    if !(*mp4).ftyp_atom.buf.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "duplicate mp4 ftyp atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let atom_size = size_of::<ngx_mp4_atom_header_t>() + atom_data_size as usize;

    let ftyp_atom: *mut u8 = ngx_palloc_n((*(*mp4).request).pool, atom_size);
    if ftyp_atom.is_null() {
        return NGX_ERROR;
    }

    ngx_mp4_set_32value(ftyp_atom, atom_size as u32);
    ngx_mp4_set_atom_name(ftyp_atom, b"ftyp");

    // of the buffer, only the moov atom stays where it is until the answer is sent

    ngx_memcpy(ftyp_atom.add(size_of::<ngx_mp4_atom_header_t>()), ngx_mp4_atom_data(mp4), atom_data_size as usize);

    let atom = &raw mut (*mp4).ftyp_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = ftyp_atom;
    (*atom).last = ftyp_atom.add(atom_size);

    (*mp4).ftyp_atom.buf = atom;
    (*mp4).ftyp_size = atom_size;
    (*mp4).content_length = atom_size as off_t;

    ngx_mp4_atom_next(mp4, atom_data_size);

    NGX_OK
}

/// Room behind the moov atom for the headers of what follows it: the buffer's part that
/// `buffer_start` is set to.
const NGX_HTTP_MP4_MOOV_BUFFER_EXCESS: usize = 4 * 1024;

unsafe fn ngx_http_mp4_read_moov_atom(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 moov atom");

    let no_mdat = (*mp4).mdat_atom.buf.is_null();

    if no_mdat && (*mp4).start == 0 && (*mp4).length == 0 {
        // all of it is wanted, and it is in a good order already
        return NGX_DECLINED;
    }

    if !(*mp4).moov_atom.buf.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "duplicate mp4 moov atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let conf: *mut ngx_http_mp4_conf_t = ngx_http_get_module_loc_conf((*mp4).request, &ngx_http_mp4_module);

    if atom_data_size > (*mp4).buffer_size as u64 {
        if atom_data_size > (*conf).max_buffer_size as u64 {
            ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                           "\"%s\" mp4 moov atom is too large:%uL, you may want to increase mp4_max_buffer_size",
                           (*mp4).file.name.data, atom_data_size);
            return NGX_ERROR;
        }

        ngx_pfree((*(*mp4).request).pool, (*mp4).buffer);
        (*mp4).buffer = null_mut();
        (*mp4).buffer_pos = null_mut();
        (*mp4).buffer_end = null_mut();

        (*mp4).buffer_size = atom_data_size as usize + NGX_HTTP_MP4_MOOV_BUFFER_EXCESS * no_mdat as usize;
    }

    if ngx_http_mp4_read(mp4, atom_data_size as usize) != NGX_OK {
        return NGX_ERROR;
    }

    (*mp4).trak.elts = (&raw mut (*mp4).traks).cast();
    (*mp4).trak.size = size_of::<ngx_http_mp4_trak_t>();
    (*mp4).trak.nalloc = 2;
    (*mp4).trak.pool = (*(*mp4).request).pool;

    let atom = &raw mut (*mp4).moov_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = (&raw mut (*mp4).moov_atom_header).cast();
    (*atom).last = (*atom).pos.add(8);

    (*mp4).moov_atom.buf = &raw mut (*mp4).moov_atom_buf;

    (*mp4).in_moov = true;

    let rc = ngx_http_mp4_read_atom(mp4, ngx_http_mp4_moov_atoms, atom_data_size);

    (*mp4).in_moov = false;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 moov atom done");

    if no_mdat {
        (*mp4).buffer_start = (*mp4).buffer_pos;
        (*mp4).buffer_size = NGX_HTTP_MP4_MOOV_BUFFER_EXCESS;

        if (*mp4).buffer_start.wrapping_add((*mp4).buffer_size) > (*mp4).buffer_end {
            (*mp4).buffer = null_mut();
            (*mp4).buffer_pos = null_mut();
            (*mp4).buffer_end = null_mut();
        }
    } else {
        // what follows is of no interest
        (*mp4).offset = (*mp4).end;
    }

    rc
}

unsafe fn ngx_http_mp4_read_mdat_atom(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 mdat atom");

    if !(*mp4).mdat_atom.buf.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "duplicate mp4 mdat atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let data = &raw mut (*mp4).mdat_data_buf;
    (*data).file = &raw mut (*mp4).file;
    (*data).in_file = true;
    (*data).last_buf = (*mp4).request == (*(*mp4).request).main;
    (*data).last_in_chain = true;
    (*data).file_last = (*mp4).offset + atom_data_size as off_t;

    (*mp4).mdat_atom.buf = &raw mut (*mp4).mdat_atom_buf;
    (*mp4).mdat_atom.next = &raw mut (*mp4).mdat_data;
    (*mp4).mdat_data.buf = data;

    if (*mp4).trak.nelts != 0 {
        // what follows is of no interest
        (*mp4).offset = (*mp4).end;
    } else {
        ngx_mp4_atom_next(mp4, atom_data_size);
    }

    NGX_OK
}

unsafe fn ngx_http_mp4_update_mdat_atom(
    mp4: *mut ngx_http_mp4_file_t,
    start_offset: off_t,
    end_offset: off_t,
) -> usize {
    let atom_data_size = end_offset - start_offset;
    (*(*mp4).mdat_data.buf).file_pos = start_offset;
    (*(*mp4).mdat_data.buf).file_last = end_offset;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                   "mdat new offset @%O:%O", start_offset, atom_data_size);

    let atom_header: *mut u8 = (&raw mut (*mp4).mdat_atom_header).cast();
    let atom_header_size;
    let atom_size;

    if atom_data_size as u64 > 0xffffffff - size_of::<ngx_mp4_atom_header_t>() as u64 {
        atom_size = 1;
        atom_header_size = size_of::<ngx_mp4_atom_header64_t>();
        ngx_mp4_set_64value(
            atom_header.add(size_of::<ngx_mp4_atom_header_t>()),
            size_of::<ngx_mp4_atom_header64_t>() as u64 + atom_data_size as u64,
        );
    } else {
        atom_size = size_of::<ngx_mp4_atom_header_t>() as u64 + atom_data_size as u64;
        atom_header_size = size_of::<ngx_mp4_atom_header_t>();
    }

    (*mp4).content_length += atom_header_size as off_t + atom_data_size;

    ngx_mp4_set_32value(atom_header, atom_size as u32);
    ngx_mp4_set_atom_name(atom_header, b"mdat");

    let atom = &raw mut (*mp4).mdat_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = atom_header;
    (*atom).last = atom_header.add(atom_header_size);

    atom_header_size
}

#[repr(C)]
struct ngx_mp4_mvhd_atom_t {
    size: [u8; 4],
    _name: [u8; 4],
    version: [u8; 1],
    _flags: [u8; 3],
    _creation_time: [u8; 4],
    _modification_time: [u8; 4],
    timescale: [u8; 4],
    duration: [u8; 4],
    _rate: [u8; 4],
    _volume: [u8; 2],
    _reserved: [u8; 10],
    _matrix: [u8; 36],
    _preview_time: [u8; 4],
    _preview_duration: [u8; 4],
    _poster_time: [u8; 4],
    _selection_time: [u8; 4],
    _selection_duration: [u8; 4],
    _current_time: [u8; 4],
    _next_track_id: [u8; 4],
}

#[repr(C)]
struct ngx_mp4_mvhd64_atom_t {
    _size: [u8; 4],
    _name: [u8; 4],
    _version: [u8; 1],
    _flags: [u8; 3],
    _creation_time: [u8; 8],
    _modification_time: [u8; 8],
    timescale: [u8; 4],
    duration: [u8; 8],
    _rate: [u8; 4],
    _volume: [u8; 2],
    _reserved: [u8; 10],
    _matrix: [u8; 36],
    _preview_time: [u8; 4],
    _preview_duration: [u8; 4],
    _poster_time: [u8; 4],
    _selection_time: [u8; 4],
    _selection_duration: [u8; 4],
    _current_time: [u8; 4],
    _next_track_id: [u8; 4],
}

unsafe fn ngx_http_mp4_read_mvhd_atom(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 mvhd atom");

    if !(*mp4).mvhd_atom.buf.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "duplicate mp4 mvhd atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let atom_header = ngx_mp4_atom_header(mp4);
    let mvhd_atom: *mut ngx_mp4_mvhd_atom_t = atom_header.cast();
    let mvhd64_atom: *mut ngx_mp4_mvhd64_atom_t = atom_header.cast();
    ngx_mp4_set_atom_name(atom_header, b"mvhd");

    if ngx_mp4_atom_data_size::<ngx_mp4_mvhd_atom_t>() > atom_data_size {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "\"%s\" mp4 mvhd atom too small", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let timescale;
    let mut duration;

    if (*mvhd_atom).version[0] == 0 {
        // version 0: 32 bits

        timescale = ngx_mp4_get_32value(&raw const (*mvhd_atom).timescale);
        duration = ngx_mp4_get_32value(&raw const (*mvhd_atom).duration) as u64;
    } else {
        // version 1: 64 bits

        if ngx_mp4_atom_data_size::<ngx_mp4_mvhd64_atom_t>() > atom_data_size {
            ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                           "\"%s\" mp4 mvhd atom too small", (*mp4).file.name.data);
            return NGX_ERROR;
        }

        timescale = ngx_mp4_get_32value(&raw const (*mvhd64_atom).timescale);
        duration = ngx_mp4_get_64value(&raw const (*mvhd64_atom).duration);
    }

    (*mp4).timescale = timescale;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                   "mvhd timescale:%uD, duration:%uL, time:%.3fs",
                   timescale, duration, duration as f64 / timescale as f64);

    let start_time = ((*mp4).start as u64).wrapping_mul(timescale as u64) / 1000;

    if duration < start_time {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "\"%s\" mp4 start time exceeds file duration", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    duration -= start_time;

    if (*mp4).length != 0 {
        let length_time = ((*mp4).length as u64).wrapping_mul(timescale as u64) / 1000;

        if duration > length_time {
            duration = length_time;
        }
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                   "mvhd new duration:%uL, time:%.3fs", duration, duration as f64 / timescale as f64);

    let atom_size = size_of::<ngx_mp4_atom_header_t>() + atom_data_size as usize;
    ngx_mp4_set_32value(&raw mut (*mvhd_atom).size, atom_size as u32);

    if (*mvhd_atom).version[0] == 0 {
        ngx_mp4_set_32value(&raw mut (*mvhd_atom).duration, duration as u32);
    } else {
        ngx_mp4_set_64value(&raw mut (*mvhd64_atom).duration, duration);
    }

    let atom = &raw mut (*mp4).mvhd_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = atom_header;
    (*atom).last = atom_header.add(atom_size);

    (*mp4).mvhd_atom.buf = atom;

    ngx_mp4_atom_next(mp4, atom_data_size);

    NGX_OK
}

unsafe fn ngx_http_mp4_read_trak_atom(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 trak atom");

    let trak = ngx_array_push(&raw mut (*mp4).trak);
    if trak.is_null() {
        return NGX_ERROR;
    }

    ngx_memzero(trak, size_of::<ngx_http_mp4_trak_t>());

    let atom_header = ngx_mp4_atom_header(mp4);
    ngx_mp4_set_atom_name(atom_header, b"trak");

    let atom = &raw mut (*trak).trak_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = atom_header;
    (*atom).last = atom_header.add(size_of::<ngx_mp4_atom_header_t>());

    (*trak).out[NGX_HTTP_MP4_TRAK_ATOM].buf = atom;

    let atom_end = (*mp4).buffer_pos.add(atom_data_size as usize);
    let atom_file_end = (*mp4).offset + atom_data_size as off_t;

    let rc = ngx_http_mp4_read_atom(mp4, ngx_http_mp4_trak_atoms, atom_data_size);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 trak atom: %i", rc);

    if rc == NGX_DECLINED {
        // this one is left out

        ngx_memzero(trak, size_of::<ngx_http_mp4_trak_t>());
        (*mp4).trak.nelts -= 1;
        (*mp4).buffer_pos = atom_end;
        (*mp4).offset = atom_file_end;
        return NGX_OK;
    }

    rc
}

unsafe fn ngx_http_mp4_update_trak_atom(_mp4: *mut ngx_http_mp4_file_t, trak: *mut ngx_http_mp4_trak_t) {
    (*trak).size += size_of::<ngx_mp4_atom_header_t>();
    let atom = &raw mut (*trak).trak_atom_buf;
    ngx_mp4_set_32value((*atom).pos, (*trak).size as u32);
}

unsafe fn ngx_http_mp4_read_cmov_atom(mp4: *mut ngx_http_mp4_file_t, _atom_data_size: u64) -> ngx_int_t {
    ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                   "\"%s\" mp4 compressed moov atom (cmov) is not supported", (*mp4).file.name.data);

    NGX_ERROR
}

#[repr(C)]
struct ngx_mp4_tkhd_atom_t {
    size: [u8; 4],
    _name: [u8; 4],
    version: [u8; 1],
    _flags: [u8; 3],
    _creation_time: [u8; 4],
    _modification_time: [u8; 4],
    _track_id: [u8; 4],
    _reserved1: [u8; 4],
    duration: [u8; 4],
    _reserved2: [u8; 8],
    _layer: [u8; 2],
    _group: [u8; 2],
    _volume: [u8; 2],
    _reserved3: [u8; 2],
    _matrix: [u8; 36],
    _width: [u8; 4],
    _height: [u8; 4],
}

#[repr(C)]
struct ngx_mp4_tkhd64_atom_t {
    _size: [u8; 4],
    _name: [u8; 4],
    _version: [u8; 1],
    _flags: [u8; 3],
    _creation_time: [u8; 8],
    _modification_time: [u8; 8],
    _track_id: [u8; 4],
    _reserved1: [u8; 4],
    duration: [u8; 8],
    _reserved2: [u8; 8],
    _layer: [u8; 2],
    _group: [u8; 2],
    _volume: [u8; 2],
    _reserved3: [u8; 2],
    _matrix: [u8; 36],
    _width: [u8; 4],
    _height: [u8; 4],
}

unsafe fn ngx_http_mp4_read_tkhd_atom(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 tkhd atom");

    let atom_header = ngx_mp4_atom_header(mp4);
    let tkhd_atom: *mut ngx_mp4_tkhd_atom_t = atom_header.cast();
    let tkhd64_atom: *mut ngx_mp4_tkhd64_atom_t = atom_header.cast();
    ngx_mp4_set_atom_name(tkhd_atom, b"tkhd");

    if ngx_mp4_atom_data_size::<ngx_mp4_tkhd_atom_t>() > atom_data_size {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "\"%s\" mp4 tkhd atom too small", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let mut duration;

    if (*tkhd_atom).version[0] == 0 {
        // version 0: 32 bits

        duration = ngx_mp4_get_32value(&raw const (*tkhd_atom).duration) as u64;
    } else {
        // version 1: 64 bits

        if ngx_mp4_atom_data_size::<ngx_mp4_tkhd64_atom_t>() > atom_data_size {
            ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                           "\"%s\" mp4 tkhd atom too small", (*mp4).file.name.data);
            return NGX_ERROR;
        }

        duration = ngx_mp4_get_64value(&raw const (*tkhd64_atom).duration);
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                   "tkhd duration:%uL, time:%.3fs", duration, duration as f64 / (*mp4).timescale as f64);

    let start_time = ((*mp4).start as u64).wrapping_mul((*mp4).timescale as u64) / 1000;

    if duration <= start_time {
        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "tkhd duration is less than start time");
        return NGX_DECLINED;
    }

    duration -= start_time;

    if (*mp4).length != 0 {
        let length_time = ((*mp4).length as u64).wrapping_mul((*mp4).timescale as u64) / 1000;

        if duration > length_time {
            duration = length_time;
        }
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                   "tkhd new duration:%uL, time:%.3fs", duration, duration as f64 / (*mp4).timescale as f64);

    let atom_size = size_of::<ngx_mp4_atom_header_t>() + atom_data_size as usize;

    let trak = ngx_mp4_last_trak(mp4);

    if !(*trak).out[NGX_HTTP_MP4_TKHD_ATOM].buf.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "duplicate mp4 tkhd atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    (*trak).tkhd_size = atom_size;
    (*trak).movie_duration = duration;

    ngx_mp4_set_32value(&raw mut (*tkhd_atom).size, atom_size as u32);

    if (*tkhd_atom).version[0] == 0 {
        ngx_mp4_set_32value(&raw mut (*tkhd_atom).duration, duration as u32);
    } else {
        ngx_mp4_set_64value(&raw mut (*tkhd64_atom).duration, duration);
    }

    let atom = &raw mut (*trak).tkhd_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = atom_header;
    (*atom).last = atom_header.add(atom_size);

    (*trak).out[NGX_HTTP_MP4_TKHD_ATOM].buf = atom;

    ngx_mp4_atom_next(mp4, atom_data_size);

    NGX_OK
}

unsafe fn ngx_http_mp4_read_mdia_atom(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "process mdia atom");

    let atom_header = ngx_mp4_atom_header(mp4);
    ngx_mp4_set_atom_name(atom_header, b"mdia");

    let trak = ngx_mp4_last_trak(mp4);

    if !(*trak).out[NGX_HTTP_MP4_MDIA_ATOM].buf.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "duplicate mp4 mdia atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let atom = &raw mut (*trak).mdia_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = atom_header;
    (*atom).last = atom_header.add(size_of::<ngx_mp4_atom_header_t>());

    (*trak).out[NGX_HTTP_MP4_MDIA_ATOM].buf = atom;

    ngx_http_mp4_read_atom(mp4, ngx_http_mp4_mdia_atoms, atom_data_size)
}

unsafe fn ngx_http_mp4_update_mdia_atom(_mp4: *mut ngx_http_mp4_file_t, trak: *mut ngx_http_mp4_trak_t) {
    (*trak).size += size_of::<ngx_mp4_atom_header_t>();
    let atom = &raw mut (*trak).mdia_atom_buf;
    ngx_mp4_set_32value((*atom).pos, (*trak).size as u32);
}

#[repr(C)]
struct ngx_mp4_mdhd_atom_t {
    size: [u8; 4],
    _name: [u8; 4],
    version: [u8; 1],
    _flags: [u8; 3],
    _creation_time: [u8; 4],
    _modification_time: [u8; 4],
    timescale: [u8; 4],
    duration: [u8; 4],
    _language: [u8; 2],
    _quality: [u8; 2],
}

#[repr(C)]
struct ngx_mp4_mdhd64_atom_t {
    _size: [u8; 4],
    _name: [u8; 4],
    _version: [u8; 1],
    _flags: [u8; 3],
    _creation_time: [u8; 8],
    _modification_time: [u8; 8],
    timescale: [u8; 4],
    duration: [u8; 8],
    _language: [u8; 2],
    _quality: [u8; 2],
}

unsafe fn ngx_http_mp4_read_mdhd_atom(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 mdhd atom");

    let atom_header = ngx_mp4_atom_header(mp4);
    let mdhd_atom: *mut ngx_mp4_mdhd_atom_t = atom_header.cast();
    let mdhd64_atom: *mut ngx_mp4_mdhd64_atom_t = atom_header.cast();
    ngx_mp4_set_atom_name(mdhd_atom, b"mdhd");

    if ngx_mp4_atom_data_size::<ngx_mp4_mdhd_atom_t>() > atom_data_size {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "\"%s\" mp4 mdhd atom too small", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let timescale;
    let mut duration;

    if (*mdhd_atom).version[0] == 0 {
        // version 0: all of it has 32 bits

        timescale = ngx_mp4_get_32value(&raw const (*mdhd_atom).timescale);
        duration = ngx_mp4_get_32value(&raw const (*mdhd_atom).duration) as u64;
    } else {
        // version 1: a duration of 64 bits, a timescale of 32

        if ngx_mp4_atom_data_size::<ngx_mp4_mdhd64_atom_t>() > atom_data_size {
            ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                           "\"%s\" mp4 mdhd atom too small", (*mp4).file.name.data);
            return NGX_ERROR;
        }

        timescale = ngx_mp4_get_32value(&raw const (*mdhd64_atom).timescale);
        duration = ngx_mp4_get_64value(&raw const (*mdhd64_atom).duration);
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                   "mdhd timescale:%uD, duration:%uL, time:%.3fs",
                   timescale, duration, duration as f64 / timescale as f64);

    let start_time = ((*mp4).start as u64).wrapping_mul(timescale as u64) / 1000;

    if duration <= start_time {
        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mdhd duration is less than start time");
        return NGX_DECLINED;
    }

    duration -= start_time;

    if (*mp4).length != 0 {
        let length_time = ((*mp4).length as u64).wrapping_mul(timescale as u64) / 1000;

        if duration > length_time {
            duration = length_time;
        }
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                   "mdhd new duration:%uL, time:%.3fs", duration, duration as f64 / timescale as f64);

    let atom_size = size_of::<ngx_mp4_atom_header_t>() + atom_data_size as usize;

    let trak = ngx_mp4_last_trak(mp4);

    if !(*trak).out[NGX_HTTP_MP4_MDHD_ATOM].buf.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "duplicate mp4 mdhd atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    (*trak).mdhd_size = atom_size;
    (*trak).timescale = timescale;
    (*trak).duration = duration;

    ngx_mp4_set_32value(&raw mut (*mdhd_atom).size, atom_size as u32);

    let atom = &raw mut (*trak).mdhd_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = atom_header;
    (*atom).last = atom_header.add(atom_size);

    (*trak).out[NGX_HTTP_MP4_MDHD_ATOM].buf = atom;

    ngx_mp4_atom_next(mp4, atom_data_size);

    NGX_OK
}

unsafe fn ngx_http_mp4_update_mdhd_atom(_mp4: *mut ngx_http_mp4_file_t, trak: *mut ngx_http_mp4_trak_t) {
    let atom = (*trak).out[NGX_HTTP_MP4_MDHD_ATOM].buf;
    if atom.is_null() {
        return;
    }

    let mdhd_atom: *mut ngx_mp4_mdhd_atom_t = (*atom).pos.cast();
    let mdhd64_atom: *mut ngx_mp4_mdhd64_atom_t = (*atom).pos.cast();

    if (*mdhd_atom).version[0] == 0 {
        ngx_mp4_set_32value(&raw mut (*mdhd_atom).duration, (*trak).duration as u32);
    } else {
        ngx_mp4_set_64value(&raw mut (*mdhd64_atom).duration, (*trak).duration);
    }

    (*trak).size += (*trak).mdhd_size;
}

unsafe fn ngx_http_mp4_read_hdlr_atom(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 hdlr atom");

    let atom_header = ngx_mp4_atom_header(mp4);
    let atom_size = size_of::<ngx_mp4_atom_header_t>() + atom_data_size as usize;
    ngx_mp4_set_32value(atom_header, atom_size as u32);
    ngx_mp4_set_atom_name(atom_header, b"hdlr");

    let trak = ngx_mp4_last_trak(mp4);

    if !(*trak).out[NGX_HTTP_MP4_HDLR_ATOM].buf.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "duplicate mp4 hdlr atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let atom = &raw mut (*trak).hdlr_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = atom_header;
    (*atom).last = atom_header.add(atom_size);

    (*trak).hdlr_size = atom_size;
    (*trak).out[NGX_HTTP_MP4_HDLR_ATOM].buf = atom;

    ngx_mp4_atom_next(mp4, atom_data_size);

    NGX_OK
}

unsafe fn ngx_http_mp4_read_minf_atom(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "process minf atom");

    let atom_header = ngx_mp4_atom_header(mp4);
    ngx_mp4_set_atom_name(atom_header, b"minf");

    let trak = ngx_mp4_last_trak(mp4);

    if !(*trak).out[NGX_HTTP_MP4_MINF_ATOM].buf.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "duplicate mp4 minf atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let atom = &raw mut (*trak).minf_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = atom_header;
    (*atom).last = atom_header.add(size_of::<ngx_mp4_atom_header_t>());

    (*trak).out[NGX_HTTP_MP4_MINF_ATOM].buf = atom;

    ngx_http_mp4_read_atom(mp4, ngx_http_mp4_minf_atoms, atom_data_size)
}

unsafe fn ngx_http_mp4_update_minf_atom(_mp4: *mut ngx_http_mp4_file_t, trak: *mut ngx_http_mp4_trak_t) {
    (*trak).size += size_of::<ngx_mp4_atom_header_t>() + (*trak).vmhd_size + (*trak).smhd_size + (*trak).dinf_size;
    let atom = &raw mut (*trak).minf_atom_buf;
    ngx_mp4_set_32value((*atom).pos, (*trak).size as u32);
}

unsafe fn ngx_http_mp4_read_vmhd_atom(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 vmhd atom");

    let atom_header = ngx_mp4_atom_header(mp4);
    let atom_size = size_of::<ngx_mp4_atom_header_t>() + atom_data_size as usize;
    ngx_mp4_set_32value(atom_header, atom_size as u32);
    ngx_mp4_set_atom_name(atom_header, b"vmhd");

    let trak = ngx_mp4_last_trak(mp4);

    if !(*trak).out[NGX_HTTP_MP4_VMHD_ATOM].buf.is_null() || !(*trak).out[NGX_HTTP_MP4_SMHD_ATOM].buf.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "duplicate mp4 vmhd/smhd atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let atom = &raw mut (*trak).vmhd_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = atom_header;
    (*atom).last = atom_header.add(atom_size);

    (*trak).vmhd_size += atom_size;
    (*trak).out[NGX_HTTP_MP4_VMHD_ATOM].buf = atom;

    ngx_mp4_atom_next(mp4, atom_data_size);

    NGX_OK
}

unsafe fn ngx_http_mp4_read_smhd_atom(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 smhd atom");

    let atom_header = ngx_mp4_atom_header(mp4);
    let atom_size = size_of::<ngx_mp4_atom_header_t>() + atom_data_size as usize;
    ngx_mp4_set_32value(atom_header, atom_size as u32);
    ngx_mp4_set_atom_name(atom_header, b"smhd");

    let trak = ngx_mp4_last_trak(mp4);

    if !(*trak).out[NGX_HTTP_MP4_VMHD_ATOM].buf.is_null() || !(*trak).out[NGX_HTTP_MP4_SMHD_ATOM].buf.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "duplicate mp4 vmhd/smhd atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let atom = &raw mut (*trak).smhd_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = atom_header;
    (*atom).last = atom_header.add(atom_size);

    (*trak).smhd_size += atom_size;
    (*trak).out[NGX_HTTP_MP4_SMHD_ATOM].buf = atom;

    ngx_mp4_atom_next(mp4, atom_data_size);

    NGX_OK
}

unsafe fn ngx_http_mp4_read_dinf_atom(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 dinf atom");

    let atom_header = ngx_mp4_atom_header(mp4);
    let atom_size = size_of::<ngx_mp4_atom_header_t>() + atom_data_size as usize;
    ngx_mp4_set_32value(atom_header, atom_size as u32);
    ngx_mp4_set_atom_name(atom_header, b"dinf");

    let trak = ngx_mp4_last_trak(mp4);

    if !(*trak).out[NGX_HTTP_MP4_DINF_ATOM].buf.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "duplicate mp4 dinf atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let atom = &raw mut (*trak).dinf_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = atom_header;
    (*atom).last = atom_header.add(atom_size);

    (*trak).dinf_size += atom_size;
    (*trak).out[NGX_HTTP_MP4_DINF_ATOM].buf = atom;

    ngx_mp4_atom_next(mp4, atom_data_size);

    NGX_OK
}

unsafe fn ngx_http_mp4_read_stbl_atom(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "process stbl atom");

    let atom_header = ngx_mp4_atom_header(mp4);
    ngx_mp4_set_atom_name(atom_header, b"stbl");

    let trak = ngx_mp4_last_trak(mp4);

    if !(*trak).out[NGX_HTTP_MP4_STBL_ATOM].buf.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "duplicate mp4 stbl atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let atom = &raw mut (*trak).stbl_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = atom_header;
    (*atom).last = atom_header.add(size_of::<ngx_mp4_atom_header_t>());

    (*trak).out[NGX_HTTP_MP4_STBL_ATOM].buf = atom;

    ngx_http_mp4_read_atom(mp4, ngx_http_mp4_stbl_atoms, atom_data_size)
}

unsafe fn ngx_http_mp4_update_edts_atom(mp4: *mut ngx_http_mp4_file_t, trak: *mut ngx_http_mp4_trak_t) {
    if (*trak).prefix == 0 {
        return;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 edts atom update prefix:%uL", (*trak).prefix);

    let edts_atom = &raw mut (*trak).edts_atom;
    ngx_mp4_set_32value(
        &raw mut (*edts_atom).size,
        (size_of::<ngx_mp4_edts_atom_t>() + size_of::<ngx_mp4_elst_atom_t>()) as u32,
    );
    ngx_mp4_set_atom_name(edts_atom, b"edts");

    let mut atom = &raw mut (*trak).edts_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = edts_atom.cast();
    (*atom).last = edts_atom.add(1).cast();

    (*trak).out[NGX_HTTP_MP4_EDTS_ATOM].buf = atom;

    let elst_atom = &raw mut (*trak).elst_atom;
    ngx_mp4_set_32value(&raw mut (*elst_atom).size, size_of::<ngx_mp4_elst_atom_t>() as u32);
    ngx_mp4_set_atom_name(elst_atom, b"elst");

    (*elst_atom).version[0] = 1;
    (*elst_atom).flags = [0; 3];

    ngx_mp4_set_32value(&raw mut (*elst_atom).entries, 1);
    ngx_mp4_set_64value(&raw mut (*elst_atom).duration, (*trak).movie_duration);
    ngx_mp4_set_64value(&raw mut (*elst_atom).media_time, (*trak).prefix);
    ngx_mp4_set_16value(&raw mut (*elst_atom).media_rate, 1);
    ngx_mp4_set_16value(&raw mut (*elst_atom).reserved, 0);

    atom = &raw mut (*trak).elst_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = elst_atom.cast();
    (*atom).last = elst_atom.add(1).cast();

    (*trak).out[NGX_HTTP_MP4_ELST_ATOM].buf = atom;

    (*trak).size += size_of::<ngx_mp4_edts_atom_t>() + size_of::<ngx_mp4_elst_atom_t>();
}

unsafe fn ngx_http_mp4_update_stbl_atom(_mp4: *mut ngx_http_mp4_file_t, trak: *mut ngx_http_mp4_trak_t) {
    (*trak).size += size_of::<ngx_mp4_atom_header_t>();
    let atom = &raw mut (*trak).stbl_atom_buf;
    ngx_mp4_set_32value((*atom).pos, (*trak).size as u32);
}

#[repr(C)]
struct ngx_mp4_stsd_atom_t {
    size: [u8; 4],
    _name: [u8; 4],
    _version: [u8; 1],
    _flags: [u8; 3],
    _entries: [u8; 4],

    _media_size: [u8; 4],
    _media_name: [u8; 4],
}

unsafe fn ngx_http_mp4_read_stsd_atom(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t {
    // sample descriptions

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 stsd atom");

    let atom_header = ngx_mp4_atom_header(mp4);
    let stsd_atom: *mut ngx_mp4_stsd_atom_t = atom_header.cast();
    let atom_size = size_of::<ngx_mp4_atom_header_t>() + atom_data_size as usize;
    let atom_table = atom_header.add(atom_size);
    ngx_mp4_set_32value(&raw mut (*stsd_atom).size, atom_size as u32);
    ngx_mp4_set_atom_name(stsd_atom, b"stsd");

    if ngx_mp4_atom_data_size::<ngx_mp4_stsd_atom_t>() > atom_data_size {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "\"%s\" mp4 stsd atom too small", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                   "stsd entries:%uD, media:%*s",
                   ngx_mp4_get_32value(&raw const (*stsd_atom)._entries), 4, (*stsd_atom)._media_name.as_ptr());

    let trak = ngx_mp4_last_trak(mp4);

    if !(*trak).out[NGX_HTTP_MP4_STSD_ATOM].buf.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "duplicate mp4 stsd atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let atom = &raw mut (*trak).stsd_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = atom_header;
    (*atom).last = atom_table;

    (*trak).out[NGX_HTTP_MP4_STSD_ATOM].buf = atom;
    (*trak).size += atom_size;

    ngx_mp4_atom_next(mp4, atom_data_size);

    NGX_OK
}

#[repr(C)]
struct ngx_mp4_stts_atom_t {
    size: [u8; 4],
    _name: [u8; 4],
    _version: [u8; 1],
    _flags: [u8; 3],
    entries: [u8; 4],
}

#[repr(C)]
struct ngx_mp4_stts_entry_t {
    count: [u8; 4],
    duration: [u8; 4],
}

unsafe fn ngx_http_mp4_read_stts_atom(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t {
    // times of samples

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 stts atom");

    let atom_header = ngx_mp4_atom_header(mp4);
    let stts_atom: *mut ngx_mp4_stts_atom_t = atom_header.cast();
    ngx_mp4_set_atom_name(stts_atom, b"stts");

    if ngx_mp4_atom_data_size::<ngx_mp4_stts_atom_t>() > atom_data_size {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "\"%s\" mp4 stts atom too small", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let entries = ngx_mp4_get_32value(&raw const (*stts_atom).entries);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 time-to-sample entries:%uD", entries);

    if ngx_mp4_atom_data_size::<ngx_mp4_stts_atom_t>() + entries as u64 * size_of::<ngx_mp4_stts_entry_t>() as u64
        > atom_data_size
    {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "\"%s\" mp4 stts atom too small", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let atom_table = atom_header.add(size_of::<ngx_mp4_stts_atom_t>());
    let atom_end = atom_table.add(entries as usize * size_of::<ngx_mp4_stts_entry_t>());

    let trak = ngx_mp4_last_trak(mp4);

    if !(*trak).out[NGX_HTTP_MP4_STTS_ATOM].buf.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "duplicate mp4 stts atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    (*trak).time_to_sample_entries = entries;

    let atom = &raw mut (*trak).stts_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = atom_header;
    (*atom).last = atom_table;

    let data = &raw mut (*trak).stts_data_buf;
    (*data).temporary = true;
    (*data).pos = atom_table;
    (*data).last = atom_end;

    (*trak).out[NGX_HTTP_MP4_STTS_ATOM].buf = atom;
    (*trak).out[NGX_HTTP_MP4_STTS_DATA].buf = data;

    ngx_mp4_atom_next(mp4, atom_data_size);

    NGX_OK
}

/// Comes after all reading: the trak's timescale is mdhd's, which may stand behind minf.
unsafe fn ngx_http_mp4_update_stts_atom(mp4: *mut ngx_http_mp4_file_t, trak: *mut ngx_http_mp4_trak_t) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 stts atom update");

    let data = (*trak).out[NGX_HTTP_MP4_STTS_DATA].buf;

    if data.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "no mp4 stts atoms were found in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    if ngx_http_mp4_crop_stts_data(mp4, trak, true) != NGX_OK {
        return NGX_ERROR;
    }

    if ngx_http_mp4_crop_stts_data(mp4, trak, false) != NGX_OK {
        return NGX_ERROR;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                   "time-to-sample entries:%uD", (*trak).time_to_sample_entries);

    let atom_size = size_of::<ngx_mp4_stts_atom_t>() + (*data).last.offset_from_unsigned((*data).pos);
    (*trak).size += atom_size;

    let atom = (*trak).out[NGX_HTTP_MP4_STTS_ATOM].buf;
    let stts_atom: *mut ngx_mp4_stts_atom_t = (*atom).pos.cast();
    ngx_mp4_set_32value(&raw mut (*stts_atom).size, atom_size as u32);
    ngx_mp4_set_32value(&raw mut (*stts_atom).entries, (*trak).time_to_sample_entries);

    NGX_OK
}

unsafe fn ngx_http_mp4_crop_stts_data(
    mp4: *mut ngx_http_mp4_file_t,
    trak: *mut ngx_http_mp4_trak_t,
    start: bool,
) -> ngx_int_t {
    let start_sec;

    if start {
        start_sec = (*mp4).start;

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 stts crop start_time:%ui", start_sec);
    } else if (*mp4).length != 0 {
        start_sec = (*mp4).length;

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 stts crop end_time:%ui", start_sec);
    } else {
        return NGX_OK;
    }

    let data = (*trak).out[NGX_HTTP_MP4_STTS_DATA].buf;

    let mut start_time =
        ((start_sec as u64).wrapping_mul((*trak).timescale as u64) / 1000).wrapping_add((*trak).prefix);

    let mut entries = (*trak).time_to_sample_entries;
    let mut start_sample: ngx_uint_t = 0;
    let mut entry: *mut ngx_mp4_stts_entry_t = (*data).pos.cast();
    let end: *mut ngx_mp4_stts_entry_t = (*data).last.cast();

    let mut count;
    let mut duration;
    let mut rest;

    'found: {
        while entry < end {
            count = ngx_mp4_get_32value(&raw const (*entry).count);
            duration = ngx_mp4_get_32value(&raw const (*entry).duration);

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                           "time:%uL, count:%uD, duration:%uD", start_time, count, duration);

            if start_time < count as u64 * duration as u64 {
                start_sample += (start_time / duration as u64) as ngx_uint_t;
                rest = (start_time / duration as u64) as u32;
                break 'found;
            }

            start_sample += count as ngx_uint_t;
            start_time -= count as u64 * duration as u64;
            entries -= 1;
            entry = entry.add(1);
        }

        if start {
            ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                           "start time is out mp4 stts samples in \"%s\"", (*mp4).file.name.data);

            return NGX_ERROR;
        } else {
            (*trak).end_sample = (*trak).start_sample + start_sample;

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "end_sample:%ui", (*trak).end_sample);

            return NGX_OK;
        }
    }

    if start {
        let mut key_prefix = 0;

        if ngx_http_mp4_seek_key_frame(mp4, trak, start_sample as u32, &raw mut key_prefix) != NGX_OK {
            return NGX_ERROR;
        }

        start_sample -= key_prefix as ngx_uint_t;

        while rest < key_prefix {
            (*trak).prefix = (*trak).prefix.wrapping_add(rest.wrapping_mul(duration) as u64);
            key_prefix -= rest;

            entry = entry.sub(1);
            entries += 1;

            count = ngx_mp4_get_32value(&raw const (*entry).count);
            duration = ngx_mp4_get_32value(&raw const (*entry).duration);
            rest = count;
        }

        (*trak).prefix = (*trak).prefix.wrapping_add(key_prefix.wrapping_mul(duration) as u64);
        (*trak).duration = (*trak).duration.wrapping_add((*trak).prefix);
        rest -= key_prefix;

        ngx_mp4_set_32value(&raw mut (*entry).count, count - rest);
        (*data).pos = entry.cast();
        (*trak).time_to_sample_entries = entries;
        (*trak).start_sample = start_sample;

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                       "start_sample:%ui, new count:%uD", (*trak).start_sample, count - rest);
    } else {
        ngx_mp4_set_32value(&raw mut (*entry).count, rest);
        (*data).last = entry.add(1).cast();
        (*trak).time_to_sample_entries -= entries - 1;
        (*trak).end_sample = (*trak).start_sample + start_sample;

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                       "end_sample:%ui, new count:%uD", (*trak).end_sample, rest);
    }

    NGX_OK
}

unsafe fn ngx_http_mp4_seek_key_frame(
    mp4: *mut ngx_http_mp4_file_t,
    trak: *mut ngx_http_mp4_trak_t,
    mut start_sample: u32,
    key_prefix: *mut u32,
) -> ngx_int_t {
    *key_prefix = 0;

    let conf: *mut ngx_http_mp4_conf_t = ngx_http_get_module_loc_conf((*mp4).request, &ngx_http_mp4_module);
    if (*conf).start_key_frame == 0 {
        return NGX_OK;
    }

    let data = (*trak).out[NGX_HTTP_MP4_STSS_DATA].buf;
    if data.is_null() {
        return NGX_OK;
    }

    let mut entry = (*data).pos;
    let end = (*data).last;

    // sync samples count from 1
    start_sample = start_sample.wrapping_add(1);

    while entry < end {
        let sample = ngx_mp4_get_32value(entry);

        if sample == 0 {
            ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "zero sync sample in \"%s\"", (*mp4).file.name.data);
            return NGX_ERROR;
        }

        if sample > start_sample {
            break;
        }

        *key_prefix = start_sample - sample;
        entry = entry.add(size_of::<u32>());
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 key frame prefix:%uD", *key_prefix);

    NGX_OK
}

#[repr(C)]
struct ngx_http_mp4_stss_atom_t {
    size: [u8; 4],
    _name: [u8; 4],
    _version: [u8; 1],
    _flags: [u8; 3],
    entries: [u8; 4],
}

unsafe fn ngx_http_mp4_read_stss_atom(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t {
    // sync samples

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 stss atom");

    let atom_header = ngx_mp4_atom_header(mp4);
    let stss_atom: *mut ngx_http_mp4_stss_atom_t = atom_header.cast();
    ngx_mp4_set_atom_name(stss_atom, b"stss");

    if ngx_mp4_atom_data_size::<ngx_http_mp4_stss_atom_t>() > atom_data_size {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "\"%s\" mp4 stss atom too small", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let entries = ngx_mp4_get_32value(&raw const (*stss_atom).entries);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "sync sample entries:%uD", entries);

    let trak = ngx_mp4_last_trak(mp4);

    if !(*trak).out[NGX_HTTP_MP4_STSS_ATOM].buf.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "duplicate mp4 stss atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    (*trak).sync_samples_entries = entries;

    let atom_table = atom_header.add(size_of::<ngx_http_mp4_stss_atom_t>());

    let atom = &raw mut (*trak).stss_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = atom_header;
    (*atom).last = atom_table;

    if ngx_mp4_atom_data_size::<ngx_http_mp4_stss_atom_t>() + entries as u64 * size_of::<u32>() as u64 > atom_data_size
    {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "\"%s\" mp4 stss atom too small", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let atom_end = atom_table.add(entries as usize * size_of::<u32>());

    let data = &raw mut (*trak).stss_data_buf;
    (*data).temporary = true;
    (*data).pos = atom_table;
    (*data).last = atom_end;

    (*trak).out[NGX_HTTP_MP4_STSS_ATOM].buf = atom;
    (*trak).out[NGX_HTTP_MP4_STSS_DATA].buf = data;

    ngx_mp4_atom_next(mp4, atom_data_size);

    NGX_OK
}

/// Needs the trak's start_sample, which comes from stts.
unsafe fn ngx_http_mp4_update_stss_atom(mp4: *mut ngx_http_mp4_file_t, trak: *mut ngx_http_mp4_trak_t) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 stss atom update");

    let data = (*trak).out[NGX_HTTP_MP4_STSS_DATA].buf;

    if data.is_null() {
        return NGX_OK;
    }

    ngx_http_mp4_crop_stss_data(mp4, trak, true);
    ngx_http_mp4_crop_stss_data(mp4, trak, false);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "sync sample entries:%uD", (*trak).sync_samples_entries);

    if (*trak).sync_samples_entries != 0 {
        let mut entry = (*data).pos;
        let end = (*data).last;

        let start_sample = (*trak).start_sample as u32;

        while entry < end {
            let sample = ngx_mp4_get_32value(entry);
            ngx_mp4_set_32value(entry, sample.wrapping_sub(start_sample));
            entry = entry.add(size_of::<u32>());
        }
    } else {
        (*trak).out[NGX_HTTP_MP4_STSS_DATA].buf = null_mut();
    }

    let atom_size = size_of::<ngx_http_mp4_stss_atom_t>() + (*data).last.offset_from_unsigned((*data).pos);
    (*trak).size += atom_size;

    let atom = (*trak).out[NGX_HTTP_MP4_STSS_ATOM].buf;
    let stss_atom: *mut ngx_http_mp4_stss_atom_t = (*atom).pos.cast();

    ngx_mp4_set_32value(&raw mut (*stss_atom).size, atom_size as u32);
    ngx_mp4_set_32value(&raw mut (*stss_atom).entries, (*trak).sync_samples_entries);

    NGX_OK
}

unsafe fn ngx_http_mp4_crop_stss_data(mp4: *mut ngx_http_mp4_file_t, trak: *mut ngx_http_mp4_trak_t, start: bool) {
    // sync samples count from 1

    let start_sample;

    if start {
        start_sample = ((*trak).start_sample + 1) as u32;

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 stss crop start_sample:%uD", start_sample);
    } else if (*mp4).length != 0 {
        start_sample = ((*trak).end_sample + 1) as u32;

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 stss crop end_sample:%uD", start_sample);
    } else {
        return;
    }

    let data = (*trak).out[NGX_HTTP_MP4_STSS_DATA].buf;

    let mut entries = (*trak).sync_samples_entries;
    let mut entry = (*data).pos;
    let end = (*data).last;

    'found: {
        while entry < end {
            let sample = ngx_mp4_get_32value(entry);

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "sync:%uD", sample);

            if sample >= start_sample {
                break 'found;
            }

            entries -= 1;
            entry = entry.add(size_of::<u32>());
        }

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "sample is out of mp4 stss atom");
    }

    if start {
        (*data).pos = entry;
        (*trak).sync_samples_entries = entries;
    } else {
        (*data).last = entry;
        (*trak).sync_samples_entries -= entries;
    }
}

#[repr(C)]
struct ngx_mp4_ctts_atom_t {
    size: [u8; 4],
    _name: [u8; 4],
    _version: [u8; 1],
    _flags: [u8; 3],
    entries: [u8; 4],
}

#[repr(C)]
struct ngx_mp4_ctts_entry_t {
    count: [u8; 4],
    _offset: [u8; 4],
}

unsafe fn ngx_http_mp4_read_ctts_atom(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t {
    // composition offsets

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 ctts atom");

    let atom_header = ngx_mp4_atom_header(mp4);
    let ctts_atom: *mut ngx_mp4_ctts_atom_t = atom_header.cast();
    ngx_mp4_set_atom_name(ctts_atom, b"ctts");

    if ngx_mp4_atom_data_size::<ngx_mp4_ctts_atom_t>() > atom_data_size {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "\"%s\" mp4 ctts atom too small", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let entries = ngx_mp4_get_32value(&raw const (*ctts_atom).entries);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "composition offset entries:%uD", entries);

    let trak = ngx_mp4_last_trak(mp4);

    if !(*trak).out[NGX_HTTP_MP4_CTTS_ATOM].buf.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "duplicate mp4 ctts atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    (*trak).composition_offset_entries = entries;

    let atom_table = atom_header.add(size_of::<ngx_mp4_ctts_atom_t>());

    let atom = &raw mut (*trak).ctts_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = atom_header;
    (*atom).last = atom_table;

    if ngx_mp4_atom_data_size::<ngx_mp4_ctts_atom_t>() + entries as u64 * size_of::<ngx_mp4_ctts_entry_t>() as u64
        > atom_data_size
    {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "\"%s\" mp4 ctts atom too small", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let atom_end = atom_table.add(entries as usize * size_of::<ngx_mp4_ctts_entry_t>());

    let data = &raw mut (*trak).ctts_data_buf;
    (*data).temporary = true;
    (*data).pos = atom_table;
    (*data).last = atom_end;

    (*trak).out[NGX_HTTP_MP4_CTTS_ATOM].buf = atom;
    (*trak).out[NGX_HTTP_MP4_CTTS_DATA].buf = data;

    ngx_mp4_atom_next(mp4, atom_data_size);

    NGX_OK
}

/// Needs the trak's start_sample, which comes from stts.
unsafe fn ngx_http_mp4_update_ctts_atom(mp4: *mut ngx_http_mp4_file_t, trak: *mut ngx_http_mp4_trak_t) {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 ctts atom update");

    let data = (*trak).out[NGX_HTTP_MP4_CTTS_DATA].buf;

    if data.is_null() {
        return;
    }

    ngx_http_mp4_crop_ctts_data(mp4, trak, true);
    ngx_http_mp4_crop_ctts_data(mp4, trak, false);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                   "composition offset entries:%uD", (*trak).composition_offset_entries);

    if (*trak).composition_offset_entries == 0 {
        (*trak).out[NGX_HTTP_MP4_CTTS_ATOM].buf = null_mut();
        (*trak).out[NGX_HTTP_MP4_CTTS_DATA].buf = null_mut();
        return;
    }

    let atom_size = size_of::<ngx_mp4_ctts_atom_t>() + (*data).last.offset_from_unsigned((*data).pos);
    (*trak).size += atom_size;

    let atom = (*trak).out[NGX_HTTP_MP4_CTTS_ATOM].buf;
    let ctts_atom: *mut ngx_mp4_ctts_atom_t = (*atom).pos.cast();

    ngx_mp4_set_32value(&raw mut (*ctts_atom).size, atom_size as u32);
    ngx_mp4_set_32value(&raw mut (*ctts_atom).entries, (*trak).composition_offset_entries);
}

unsafe fn ngx_http_mp4_crop_ctts_data(mp4: *mut ngx_http_mp4_file_t, trak: *mut ngx_http_mp4_trak_t, start: bool) {
    // counted from 1

    let mut start_sample;

    if start {
        start_sample = ((*trak).start_sample + 1) as u32;

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 ctts crop start_sample:%uD", start_sample);
    } else if (*mp4).length != 0 {
        start_sample = ((*trak).end_sample - (*trak).start_sample + 1) as u32;

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 ctts crop end_sample:%uD", start_sample);
    } else {
        return;
    }

    let data = (*trak).out[NGX_HTTP_MP4_CTTS_DATA].buf;

    let mut entries = (*trak).composition_offset_entries;
    let mut entry: *mut ngx_mp4_ctts_entry_t = (*data).pos.cast();
    let end: *mut ngx_mp4_ctts_entry_t = (*data).last.cast();

    let mut count;
    let rest;

    'found: {
        while entry < end {
            count = ngx_mp4_get_32value(&raw const (*entry).count);

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                           "sample:%uD, count:%uD, offset:%uD",
                           start_sample, count, ngx_mp4_get_32value(&raw const (*entry)._offset));

            if start_sample <= count {
                rest = start_sample.wrapping_sub(1);
                break 'found;
            }

            start_sample -= count;
            entries -= 1;
            entry = entry.add(1);
        }

        if start {
            (*data).pos = end.cast();
            (*trak).composition_offset_entries = 0;
        }

        return;
    }

    if start {
        ngx_mp4_set_32value(&raw mut (*entry).count, count.wrapping_sub(rest));
        (*data).pos = entry.cast();
        (*trak).composition_offset_entries = entries;
    } else {
        ngx_mp4_set_32value(&raw mut (*entry).count, rest);
        (*data).last = entry.add(1).cast();
        (*trak).composition_offset_entries -= entries - 1;
    }
}

#[repr(C)]
struct ngx_mp4_stsc_atom_t {
    size: [u8; 4],
    _name: [u8; 4],
    _version: [u8; 1],
    _flags: [u8; 3],
    entries: [u8; 4],
}

unsafe fn ngx_http_mp4_read_stsc_atom(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t {
    // samples of chunks

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 stsc atom");

    let atom_header = ngx_mp4_atom_header(mp4);
    let stsc_atom: *mut ngx_mp4_stsc_atom_t = atom_header.cast();
    ngx_mp4_set_atom_name(stsc_atom, b"stsc");

    if ngx_mp4_atom_data_size::<ngx_mp4_stsc_atom_t>() > atom_data_size {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "\"%s\" mp4 stsc atom too small", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let entries = ngx_mp4_get_32value(&raw const (*stsc_atom).entries);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "sample-to-chunk entries:%uD", entries);

    if ngx_mp4_atom_data_size::<ngx_mp4_stsc_atom_t>() + entries as u64 * size_of::<ngx_mp4_stsc_entry_t>() as u64
        > atom_data_size
    {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "\"%s\" mp4 stsc atom too small", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let atom_table = atom_header.add(size_of::<ngx_mp4_stsc_atom_t>());
    let atom_end = atom_table.add(entries as usize * size_of::<ngx_mp4_stsc_entry_t>());

    let trak = ngx_mp4_last_trak(mp4);

    if !(*trak).out[NGX_HTTP_MP4_STSC_ATOM].buf.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "duplicate mp4 stsc atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    (*trak).sample_to_chunk_entries = entries;

    let atom = &raw mut (*trak).stsc_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = atom_header;
    (*atom).last = atom_table;

    let data = &raw mut (*trak).stsc_data_buf;
    (*data).temporary = true;
    (*data).pos = atom_table;
    (*data).last = atom_end;

    (*trak).out[NGX_HTTP_MP4_STSC_ATOM].buf = atom;
    (*trak).out[NGX_HTTP_MP4_STSC_DATA].buf = data;

    ngx_mp4_atom_next(mp4, atom_data_size);

    NGX_OK
}

/// Needs the trak's start_sample, which comes from stts.
unsafe fn ngx_http_mp4_update_stsc_atom(mp4: *mut ngx_http_mp4_file_t, trak: *mut ngx_http_mp4_trak_t) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 stsc atom update");

    let data = (*trak).out[NGX_HTTP_MP4_STSC_DATA].buf;

    if data.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "no mp4 stsc atoms were found in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    if (*trak).sample_to_chunk_entries == 0 {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "zero number of entries in stsc atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    if ngx_http_mp4_crop_stsc_data(mp4, trak, true) != NGX_OK {
        return NGX_ERROR;
    }

    if ngx_http_mp4_crop_stsc_data(mp4, trak, false) != NGX_OK {
        return NGX_ERROR;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                   "sample-to-chunk entries:%uD", (*trak).sample_to_chunk_entries);

    let mut entry: *mut ngx_mp4_stsc_entry_t = (*data).pos.cast();
    let end: *mut ngx_mp4_stsc_entry_t = (*data).last.cast();

    while entry < end {
        let chunk = ngx_mp4_get_32value(&raw const (*entry).chunk);
        ngx_mp4_set_32value(&raw mut (*entry).chunk, chunk.wrapping_sub((*trak).start_chunk as u32));
        entry = entry.add(1);
    }

    let atom_size =
        size_of::<ngx_mp4_stsc_atom_t>() + (*trak).sample_to_chunk_entries as usize * size_of::<ngx_mp4_stsc_entry_t>();

    (*trak).size += atom_size;

    let atom = (*trak).out[NGX_HTTP_MP4_STSC_ATOM].buf;
    let stsc_atom: *mut ngx_mp4_stsc_atom_t = (*atom).pos.cast();

    ngx_mp4_set_32value(&raw mut (*stsc_atom).size, atom_size as u32);
    ngx_mp4_set_32value(&raw mut (*stsc_atom).entries, (*trak).sample_to_chunk_entries);

    NGX_OK
}

unsafe fn ngx_http_mp4_crop_stsc_data(
    mp4: *mut ngx_http_mp4_file_t,
    trak: *mut ngx_http_mp4_trak_t,
    start: bool,
) -> ngx_int_t {
    let mut entries = (*trak).sample_to_chunk_entries - 1;
    let mut start_sample;
    let mut samples: u32;

    if start {
        start_sample = (*trak).start_sample as u32;

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 stsc crop start_sample:%uD", start_sample);
    } else if (*mp4).length != 0 {
        start_sample = ((*trak).end_sample - (*trak).start_sample) as u32;
        samples = 0;

        let data = (*trak).out[NGX_HTTP_MP4_STSC_START].buf;

        if !data.is_null() {
            let entry: *mut ngx_mp4_stsc_entry_t = (*data).pos.cast();
            samples = ngx_mp4_get_32value(&raw const (*entry).samples);
            entries -= 1;

            if samples > start_sample {
                samples = start_sample;
                ngx_mp4_set_32value(&raw mut (*entry).samples, samples);
            }

            start_sample -= samples;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                       "mp4 stsc crop end_sample:%uD, ext_samples:%uD", start_sample, samples);
    } else {
        return NGX_OK;
    }

    let data = (*trak).out[NGX_HTTP_MP4_STSC_DATA].buf;

    let mut entry: *mut ngx_mp4_stsc_entry_t = (*data).pos.cast();
    let end: *mut ngx_mp4_stsc_entry_t = (*data).last.cast();

    let mut chunk = ngx_mp4_get_32value(&raw const (*entry).chunk);
    samples = ngx_mp4_get_32value(&raw const (*entry).samples);
    let mut id = ngx_mp4_get_32value(&raw const (*entry).id);
    let mut prev_samples = 0;
    let mut next_chunk;
    entry = entry.add(1);

    'found: {
        while entry < end {
            next_chunk = ngx_mp4_get_32value(&raw const (*entry).chunk);

            if next_chunk < chunk {
                ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                               "unordered mp4 stsc chunks in \"%s\"", (*mp4).file.name.data);
                return NGX_ERROR;
            }

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                           "sample:%uD, chunk:%uD, chunks:%uD, samples:%uD, id:%uD",
                           start_sample, chunk, next_chunk - chunk, samples, id);

            let n = (next_chunk - chunk) as u64 * samples as u64;

            if (start_sample as u64) < n {
                break 'found;
            }

            start_sample -= n as u32;

            if next_chunk > chunk {
                prev_samples = samples;
            }

            chunk = next_chunk;
            samples = ngx_mp4_get_32value(&raw const (*entry).samples);
            id = ngx_mp4_get_32value(&raw const (*entry).id);
            entries -= 1;
            entry = entry.add(1);
        }

        next_chunk = (*trak).chunks.wrapping_add(1);

        if next_chunk < chunk {
            ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                           "unordered mp4 stsc chunks in \"%s\"", (*mp4).file.name.data);
            return NGX_ERROR;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                       "sample:%uD, chunk:%uD, chunks:%uD, samples:%uD",
                       start_sample, chunk, next_chunk - chunk, samples);

        let n = (next_chunk - chunk) as u64 * samples as u64;

        if start_sample as u64 > n {
            ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                           "%s time is out mp4 stsc chunks in \"%s\"",
                           if start { "start" } else { "end" }, (*mp4).file.name.data);
            return NGX_ERROR;
        }
    }

    entries += 1;
    entry = entry.sub(1);

    if samples == 0 {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "zero number of samples in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    if chunk == 0 {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "zero chunk in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let target_chunk = (chunk - 1) as ngx_uint_t + (start_sample / samples) as ngx_uint_t;
    let chunk_samples = start_sample % samples;

    if start {
        (*data).pos = entry.cast();

        (*trak).sample_to_chunk_entries = entries;
        (*trak).start_chunk = target_chunk;
        (*trak).start_chunk_samples = chunk_samples as ngx_uint_t;

        ngx_mp4_set_32value(&raw mut (*entry).chunk, ((*trak).start_chunk + 1) as u32);

        samples -= chunk_samples;

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                       "start_chunk:%ui, start_chunk_samples:%ui", (*trak).start_chunk, (*trak).start_chunk_samples);
    } else {
        if start_sample != 0 {
            (*data).last = entry.add(1).cast();
            (*trak).sample_to_chunk_entries -= entries - 1;
            (*trak).end_chunk_samples = samples as ngx_uint_t;
        } else {
            (*data).last = entry.cast();
            (*trak).sample_to_chunk_entries -= entries;
            (*trak).end_chunk_samples = prev_samples as ngx_uint_t;
        }

        if chunk_samples != 0 {
            (*trak).end_chunk = target_chunk + 1;
            (*trak).end_chunk_samples = chunk_samples as ngx_uint_t;
        } else {
            (*trak).end_chunk = target_chunk;
        }

        samples = chunk_samples;
        next_chunk = chunk.wrapping_add(1);

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                       "end_chunk:%ui, end_chunk_samples:%ui", (*trak).end_chunk, (*trak).end_chunk_samples);
    }

    if chunk_samples != 0 && (next_chunk as ngx_uint_t).wrapping_sub(target_chunk) == 2 {
        ngx_mp4_set_32value(&raw mut (*entry).samples, samples);
    } else if chunk_samples != 0 && start {
        let first = &raw mut (*trak).stsc_start_chunk_entry;
        ngx_mp4_set_32value(&raw mut (*first).chunk, 1);
        ngx_mp4_set_32value(&raw mut (*first).samples, samples);
        ngx_mp4_set_32value(&raw mut (*first).id, id);

        let buf = &raw mut (*trak).stsc_start_chunk_buf;
        (*buf).temporary = true;
        (*buf).pos = first.cast();
        (*buf).last = first.add(1).cast();

        (*trak).out[NGX_HTTP_MP4_STSC_START].buf = buf;

        ngx_mp4_set_32value(&raw mut (*entry).chunk, ((*trak).start_chunk + 2) as u32);

        (*trak).sample_to_chunk_entries += 1;
    } else if chunk_samples != 0 {
        let first = &raw mut (*trak).stsc_end_chunk_entry;
        ngx_mp4_set_32value(&raw mut (*first).chunk, (*trak).end_chunk.wrapping_sub((*trak).start_chunk) as u32);
        ngx_mp4_set_32value(&raw mut (*first).samples, samples);
        ngx_mp4_set_32value(&raw mut (*first).id, id);

        let buf = &raw mut (*trak).stsc_end_chunk_buf;
        (*buf).temporary = true;
        (*buf).pos = first.cast();
        (*buf).last = first.add(1).cast();

        (*trak).out[NGX_HTTP_MP4_STSC_END].buf = buf;

        (*trak).sample_to_chunk_entries += 1;
    }

    NGX_OK
}

#[repr(C)]
struct ngx_mp4_stsz_atom_t {
    size: [u8; 4],
    _name: [u8; 4],
    _version: [u8; 1],
    _flags: [u8; 3],
    uniform_size: [u8; 4],
    entries: [u8; 4],
}

unsafe fn ngx_http_mp4_read_stsz_atom(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t {
    // sizes of samples

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 stsz atom");

    let atom_header = ngx_mp4_atom_header(mp4);
    let stsz_atom: *mut ngx_mp4_stsz_atom_t = atom_header.cast();
    ngx_mp4_set_atom_name(stsz_atom, b"stsz");

    if ngx_mp4_atom_data_size::<ngx_mp4_stsz_atom_t>() > atom_data_size {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "\"%s\" mp4 stsz atom too small", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let size = ngx_mp4_get_32value(&raw const (*stsz_atom).uniform_size);
    let entries = ngx_mp4_get_32value(&raw const (*stsz_atom).entries);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                   "sample uniform size:%uD, entries:%uD", size, entries);

    let trak = ngx_mp4_last_trak(mp4);

    if !(*trak).out[NGX_HTTP_MP4_STSZ_ATOM].buf.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "duplicate mp4 stsz atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    (*trak).sample_sizes_entries = entries;

    let atom_table = atom_header.add(size_of::<ngx_mp4_stsz_atom_t>());

    let atom = &raw mut (*trak).stsz_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = atom_header;
    (*atom).last = atom_table;

    (*trak).out[NGX_HTTP_MP4_STSZ_ATOM].buf = atom;

    if size == 0 {
        if ngx_mp4_atom_data_size::<ngx_mp4_stsz_atom_t>() + entries as u64 * size_of::<u32>() as u64 > atom_data_size {
            ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                           "\"%s\" mp4 stsz atom too small", (*mp4).file.name.data);
            return NGX_ERROR;
        }

        let atom_end = atom_table.add(entries as usize * size_of::<u32>());

        let data = &raw mut (*trak).stsz_data_buf;
        (*data).temporary = true;
        (*data).pos = atom_table;
        (*data).last = atom_end;

        (*trak).out[NGX_HTTP_MP4_STSZ_DATA].buf = data;
    } else {
        // one size for all samples: there is no table

        let atom_size = size_of::<ngx_mp4_atom_header_t>() + atom_data_size as usize;
        ngx_mp4_set_32value(atom_header, atom_size as u32);
        (*trak).size += atom_size;
    }

    ngx_mp4_atom_next(mp4, atom_data_size);

    NGX_OK
}

/// Needs the trak's start_sample, which comes from stts.
unsafe fn ngx_http_mp4_update_stsz_atom(mp4: *mut ngx_http_mp4_file_t, trak: *mut ngx_http_mp4_trak_t) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 stsz atom update");

    let data = (*trak).out[NGX_HTTP_MP4_STSZ_DATA].buf;

    if !data.is_null() {
        let mut entries = (*trak).sample_sizes_entries;

        if (*trak).start_sample >= entries as ngx_uint_t {
            ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                           "start time is out mp4 stsz samples in \"%s\"", (*mp4).file.name.data);
            return NGX_ERROR;
        }

        entries -= (*trak).start_sample as u32;
        (*data).pos = (*data).pos.add((*trak).start_sample * size_of::<u32>());
        let mut end = (*data).pos;

        let mut pos = end.sub((*trak).start_chunk_samples * size_of::<u32>());
        while pos < end {
            (*trak).start_chunk_samples_size += ngx_mp4_get_32value(pos) as u64;
            pos = pos.add(size_of::<u32>());
        }

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                       "chunk samples sizes:%uL", (*trak).start_chunk_samples_size);

        if (*trak).start_chunk_samples_size > (*mp4).end as u64 {
            ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                           "too large mp4 start samples size in \"%s\"", (*mp4).file.name.data);
            return NGX_ERROR;
        }

        if (*mp4).length != 0 {
            if (*trak).end_sample - (*trak).start_sample > entries as ngx_uint_t {
                ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                               "end time is out mp4 stsz samples in \"%s\"", (*mp4).file.name.data);
                return NGX_ERROR;
            }

            entries = ((*trak).end_sample - (*trak).start_sample) as u32;
            (*data).last = (*data).pos.add(entries as usize * size_of::<u32>());
            end = (*data).last;

            pos = end.sub((*trak).end_chunk_samples * size_of::<u32>());
            while pos < end {
                (*trak).end_chunk_samples_size += ngx_mp4_get_32value(pos) as u64;
                pos = pos.add(size_of::<u32>());
            }

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0;
                           "mp4 stsz end_chunk_samples_size:%uL", (*trak).end_chunk_samples_size);

            if (*trak).end_chunk_samples_size > (*mp4).end as u64 {
                ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                               "too large mp4 end samples size in \"%s\"", (*mp4).file.name.data);
                return NGX_ERROR;
            }
        }

        let atom_size = size_of::<ngx_mp4_stsz_atom_t>() + (*data).last.offset_from_unsigned((*data).pos);
        (*trak).size += atom_size;

        let atom = (*trak).out[NGX_HTTP_MP4_STSZ_ATOM].buf;
        let stsz_atom: *mut ngx_mp4_stsz_atom_t = (*atom).pos.cast();

        ngx_mp4_set_32value(&raw mut (*stsz_atom).size, atom_size as u32);
        ngx_mp4_set_32value(&raw mut (*stsz_atom).entries, entries);
    }

    NGX_OK
}

#[repr(C)]
struct ngx_mp4_stco_atom_t {
    size: [u8; 4],
    _name: [u8; 4],
    _version: [u8; 1],
    _flags: [u8; 3],
    entries: [u8; 4],
}

unsafe fn ngx_http_mp4_read_stco_atom(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t {
    // offsets of chunks

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 stco atom");

    let atom_header = ngx_mp4_atom_header(mp4);
    let stco_atom: *mut ngx_mp4_stco_atom_t = atom_header.cast();
    ngx_mp4_set_atom_name(stco_atom, b"stco");

    if ngx_mp4_atom_data_size::<ngx_mp4_stco_atom_t>() > atom_data_size {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "\"%s\" mp4 stco atom too small", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let entries = ngx_mp4_get_32value(&raw const (*stco_atom).entries);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "chunks:%uD", entries);

    if ngx_mp4_atom_data_size::<ngx_mp4_stco_atom_t>() + entries as u64 * size_of::<u32>() as u64 > atom_data_size {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "\"%s\" mp4 stco atom too small", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let atom_table = atom_header.add(size_of::<ngx_mp4_stco_atom_t>());
    let atom_end = atom_table.add(entries as usize * size_of::<u32>());

    let trak = ngx_mp4_last_trak(mp4);

    if !(*trak).out[NGX_HTTP_MP4_STCO_ATOM].buf.is_null() || !(*trak).out[NGX_HTTP_MP4_CO64_ATOM].buf.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "duplicate mp4 stco/co64 atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    (*trak).chunks = entries;

    let atom = &raw mut (*trak).stco_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = atom_header;
    (*atom).last = atom_table;

    let data = &raw mut (*trak).stco_data_buf;
    (*data).temporary = true;
    (*data).pos = atom_table;
    (*data).last = atom_end;

    (*trak).out[NGX_HTTP_MP4_STCO_ATOM].buf = atom;
    (*trak).out[NGX_HTTP_MP4_STCO_DATA].buf = data;

    ngx_mp4_atom_next(mp4, atom_data_size);

    NGX_OK
}

/// Needs the trak's start_chunk, which comes from stsc.
unsafe fn ngx_http_mp4_update_stco_atom(mp4: *mut ngx_http_mp4_file_t, trak: *mut ngx_http_mp4_trak_t) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 stco atom update");

    let data = (*trak).out[NGX_HTTP_MP4_STCO_DATA].buf;

    if data.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "no mp4 stco atoms were found in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    if (*trak).start_chunk >= (*trak).chunks as ngx_uint_t {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "start time is out mp4 stco chunks in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    (*data).pos = (*data).pos.add((*trak).start_chunk * size_of::<u32>());

    let mut chunk_offset = ngx_mp4_get_32value((*data).pos) as u64;
    let mut samples_size = (*trak).start_chunk_samples_size;

    if chunk_offset > (*mp4).end as u64 - samples_size || chunk_offset + samples_size > NGX_MAX_UINT32_VALUE as u64 {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "too large chunk offset in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    (*trak).start_offset = (chunk_offset + samples_size) as off_t;
    ngx_mp4_set_32value((*data).pos, (*trak).start_offset as u32);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "start chunk offset:%O", (*trak).start_offset);

    let entries;

    if (*mp4).length != 0 {
        if (*trak).end_chunk > (*trak).chunks as ngx_uint_t {
            ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                           "end time is out mp4 stco chunks in \"%s\"", (*mp4).file.name.data);
            return NGX_ERROR;
        }

        entries = (*trak).end_chunk - (*trak).start_chunk;
        (*data).last = (*data).pos.add(entries * size_of::<u32>());

        if entries != 0 {
            chunk_offset = ngx_mp4_get_32value((*data).last.sub(size_of::<u32>())) as u64;
            samples_size = (*trak).end_chunk_samples_size;

            if chunk_offset > (*mp4).end as u64 - samples_size
                || chunk_offset + samples_size > NGX_MAX_UINT32_VALUE as u64
            {
                ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                               "too large chunk offset in \"%s\"", (*mp4).file.name.data);
                return NGX_ERROR;
            }

            (*trak).end_offset = (chunk_offset + samples_size) as off_t;

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "end chunk offset:%O", (*trak).end_offset);
        }
    } else {
        entries = (*trak).chunks as ngx_uint_t - (*trak).start_chunk;
        (*trak).end_offset = (*(*mp4).mdat_data.buf).file_last;
    }

    if entries == 0 {
        (*trak).start_offset = (*mp4).end;
        (*trak).end_offset = 0;
    }

    let atom_size = size_of::<ngx_mp4_stco_atom_t>() + (*data).last.offset_from_unsigned((*data).pos);
    (*trak).size += atom_size;

    let atom = (*trak).out[NGX_HTTP_MP4_STCO_ATOM].buf;
    let stco_atom: *mut ngx_mp4_stco_atom_t = (*atom).pos.cast();

    ngx_mp4_set_32value(&raw mut (*stco_atom).size, atom_size as u32);
    ngx_mp4_set_32value(&raw mut (*stco_atom).entries, entries as u32);

    NGX_OK
}

/// Needs the least start offset of all traks, and the size of the new moov atom.
unsafe fn ngx_http_mp4_adjust_stco_atom(
    mp4: *mut ngx_http_mp4_file_t,
    trak: *mut ngx_http_mp4_trak_t,
    adjustment: i32,
) {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 stco atom adjustment");

    let data = (*trak).out[NGX_HTTP_MP4_STCO_DATA].buf;
    let mut entry = (*data).pos;
    let end = (*data).last;

    while entry < end {
        let offset = ngx_mp4_get_32value(entry);
        ngx_mp4_set_32value(entry, offset.wrapping_add_signed(adjustment));
        entry = entry.add(size_of::<u32>());
    }
}

#[repr(C)]
struct ngx_mp4_co64_atom_t {
    size: [u8; 4],
    _name: [u8; 4],
    _version: [u8; 1],
    _flags: [u8; 3],
    entries: [u8; 4],
}

unsafe fn ngx_http_mp4_read_co64_atom(mp4: *mut ngx_http_mp4_file_t, atom_data_size: u64) -> ngx_int_t {
    // offsets of chunks

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 co64 atom");

    let atom_header = ngx_mp4_atom_header(mp4);
    let co64_atom: *mut ngx_mp4_co64_atom_t = atom_header.cast();
    ngx_mp4_set_atom_name(co64_atom, b"co64");

    if ngx_mp4_atom_data_size::<ngx_mp4_co64_atom_t>() > atom_data_size {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "\"%s\" mp4 co64 atom too small", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let entries = ngx_mp4_get_32value(&raw const (*co64_atom).entries);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "chunks:%uD", entries);

    if ngx_mp4_atom_data_size::<ngx_mp4_co64_atom_t>() + entries as u64 * size_of::<u64>() as u64 > atom_data_size {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "\"%s\" mp4 co64 atom too small", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    let atom_table = atom_header.add(size_of::<ngx_mp4_co64_atom_t>());
    let atom_end = atom_table.add(entries as usize * size_of::<u64>());

    let trak = ngx_mp4_last_trak(mp4);

    if !(*trak).out[NGX_HTTP_MP4_STCO_ATOM].buf.is_null() || !(*trak).out[NGX_HTTP_MP4_CO64_ATOM].buf.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "duplicate mp4 stco/co64 atom in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    (*trak).chunks = entries;

    let atom = &raw mut (*trak).co64_atom_buf;
    (*atom).temporary = true;
    (*atom).pos = atom_header;
    (*atom).last = atom_table;

    let data = &raw mut (*trak).co64_data_buf;
    (*data).temporary = true;
    (*data).pos = atom_table;
    (*data).last = atom_end;

    (*trak).out[NGX_HTTP_MP4_CO64_ATOM].buf = atom;
    (*trak).out[NGX_HTTP_MP4_CO64_DATA].buf = data;

    ngx_mp4_atom_next(mp4, atom_data_size);

    NGX_OK
}

/// Needs the trak's start_chunk, which comes from stsc.
unsafe fn ngx_http_mp4_update_co64_atom(mp4: *mut ngx_http_mp4_file_t, trak: *mut ngx_http_mp4_trak_t) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 co64 atom update");

    let data = (*trak).out[NGX_HTTP_MP4_CO64_DATA].buf;

    if data.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "no mp4 co64 atoms were found in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    if (*trak).start_chunk >= (*trak).chunks as ngx_uint_t {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                       "start time is out mp4 co64 chunks in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    (*data).pos = (*data).pos.add((*trak).start_chunk * size_of::<u64>());

    let mut chunk_offset = ngx_mp4_get_64value((*data).pos);
    let mut samples_size = (*trak).start_chunk_samples_size;

    if chunk_offset > (*mp4).end as u64 - samples_size {
        ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0; "too large chunk offset in \"%s\"", (*mp4).file.name.data);
        return NGX_ERROR;
    }

    (*trak).start_offset = (chunk_offset + samples_size) as off_t;
    ngx_mp4_set_64value((*data).pos, (*trak).start_offset as u64);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "start chunk offset:%O", (*trak).start_offset);

    let entries;

    if (*mp4).length != 0 {
        if (*trak).end_chunk > (*trak).chunks as ngx_uint_t {
            ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                           "end time is out mp4 co64 chunks in \"%s\"", (*mp4).file.name.data);
            return NGX_ERROR;
        }

        entries = (*trak).end_chunk - (*trak).start_chunk;
        (*data).last = (*data).pos.add(entries * size_of::<u64>());

        if entries != 0 {
            chunk_offset = ngx_mp4_get_64value((*data).last.sub(size_of::<u64>()));
            samples_size = (*trak).end_chunk_samples_size;

            if chunk_offset > (*mp4).end as u64 - samples_size {
                ngx_log_error!(NGX_LOG_ERR, (*mp4).file.log, 0;
                               "too large chunk offset in \"%s\"", (*mp4).file.name.data);
                return NGX_ERROR;
            }

            (*trak).end_offset = (chunk_offset + samples_size) as off_t;

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "end chunk offset:%O", (*trak).end_offset);
        }
    } else {
        entries = (*trak).chunks as ngx_uint_t - (*trak).start_chunk;
        (*trak).end_offset = (*(*mp4).mdat_data.buf).file_last;
    }

    if entries == 0 {
        (*trak).start_offset = (*mp4).end;
        (*trak).end_offset = 0;
    }

    let atom_size = size_of::<ngx_mp4_co64_atom_t>() + (*data).last.offset_from_unsigned((*data).pos);
    (*trak).size += atom_size;

    let atom = (*trak).out[NGX_HTTP_MP4_CO64_ATOM].buf;
    let co64_atom: *mut ngx_mp4_co64_atom_t = (*atom).pos.cast();

    ngx_mp4_set_32value(&raw mut (*co64_atom).size, atom_size as u32);
    ngx_mp4_set_32value(&raw mut (*co64_atom).entries, entries as u32);

    NGX_OK
}

/// Needs the least start offset of all traks, and the size of the new moov atom.
unsafe fn ngx_http_mp4_adjust_co64_atom(
    mp4: *mut ngx_http_mp4_file_t,
    trak: *mut ngx_http_mp4_trak_t,
    adjustment: off_t,
) {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*mp4).file.log, 0; "mp4 co64 atom adjustment");

    let data = (*trak).out[NGX_HTTP_MP4_CO64_DATA].buf;
    let mut entry = (*data).pos;
    let end = (*data).last;

    while entry < end {
        let offset = ngx_mp4_get_64value(entry);
        ngx_mp4_set_64value(entry, offset.wrapping_add_signed(adjustment));
        entry = entry.add(size_of::<u64>());
    }
}

unsafe fn ngx_http_mp4(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, _conf: *mut c_void) -> ngx_conf_ret_t {
    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_conf_get_module_loc_conf(cf, &ngx_http_core_module);
    (*clcf).handler = Some(ngx_http_mp4_handler);

    NGX_CONF_OK
}

unsafe fn ngx_http_mp4_create_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let conf: *mut ngx_http_mp4_conf_t = ngx_palloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    (*conf).buffer_size = NGX_CONF_UNSET_SIZE;
    (*conf).max_buffer_size = NGX_CONF_UNSET_SIZE;
    (*conf).start_key_frame = NGX_CONF_UNSET;

    conf.cast()
}

unsafe fn ngx_http_mp4_merge_conf(_cf: *mut ngx_conf_t, parent: *mut c_void, child: *mut c_void) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_mp4_conf_t = parent.cast();
    let conf: *mut ngx_http_mp4_conf_t = child.cast();

    ngx_conf_merge_size_value!((*conf).buffer_size, (*prev).buffer_size, 512 * 1024);
    ngx_conf_merge_size_value!((*conf).max_buffer_size, (*prev).max_buffer_size, 10 * 1024 * 1024);
    ngx_conf_merge_value!((*conf).start_key_frame, (*prev).start_key_frame, 0);

    NGX_CONF_OK
}
