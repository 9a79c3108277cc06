//! Port of src/core/ngx_parse.c and .h

use crate::core::{ngx_config::*, ngx_core::*, ngx_string::*};

/// "10", "10k", "10m"; NGX_ERROR for anything else.
pub unsafe fn ngx_parse_size(line: *mut ngx_str_t) -> isize {
    let mut len = (*line).len;

    if len == 0 {
        return NGX_ERROR;
    }

    let unit = *(*line).data.add(len - 1);

    let (max, scale);

    match unit {
        b'K' | b'k' => {
            len -= 1;
            max = isize::MAX / 1024;
            scale = 1024;
        }

        b'M' | b'm' => {
            len -= 1;
            max = isize::MAX / (1024 * 1024);
            scale = 1024 * 1024;
        }

        _ => {
            max = isize::MAX;
            scale = 1;
        }
    }

    let mut size = ngx_atosz((*line).data, len);
    if size == NGX_ERROR || size > max {
        return NGX_ERROR;
    }

    size *= scale;

    size
}

/// As ngx_parse_size(), and "10g".
pub unsafe fn ngx_parse_offset(line: *mut ngx_str_t) -> off_t {
    let mut len = (*line).len;

    if len == 0 {
        return NGX_ERROR as off_t;
    }

    let unit = *(*line).data.add(len - 1);

    let (max, scale);

    match unit {
        b'K' | b'k' => {
            len -= 1;
            max = NGX_MAX_OFF_T_VALUE / 1024;
            scale = 1024;
        }

        b'M' | b'm' => {
            len -= 1;
            max = NGX_MAX_OFF_T_VALUE / (1024 * 1024);
            scale = 1024 * 1024;
        }

        b'G' | b'g' => {
            len -= 1;
            max = NGX_MAX_OFF_T_VALUE / (1024 * 1024 * 1024);
            scale = 1024 * 1024 * 1024;
        }

        _ => {
            max = NGX_MAX_OFF_T_VALUE;
            scale = 1;
        }
    }

    let mut offset = ngx_atoof((*line).data, len);
    if offset == NGX_ERROR as off_t || offset > max {
        return NGX_ERROR as off_t;
    }

    offset *= scale;

    offset
}

#[forbid(unsafe_code)]
fn ngx_parse_time_bytes(line: &[u8], is_sec: bool) -> ngx_int_t {
    const st_start: u8 = 0;
    const st_year: u8 = 1;
    const st_month: u8 = 2;
    const st_week: u8 = 3;
    const st_day: u8 = 4;
    const st_hour: u8 = 5;
    const st_min: u8 = 6;
    const st_sec: u8 = 7;
    const st_msec: u8 = 8;
    const st_last: u8 = 9;

    let mut valid = false;
    let mut value: ngx_int_t = 0;
    let mut total: ngx_int_t = 0;
    let cutoff = NGX_MAX_INT_T_VALUE / 10;
    let cutlim = NGX_MAX_INT_T_VALUE % 10;
    let mut step = if is_sec { st_start } else { st_month };

    let mut p = 0;
    let last = line.len();

    while p < last {
        let ch = line[p];
        p += 1;

        if ch.is_ascii_digit() {
            let digit = (ch - b'0') as ngx_int_t;

            if value >= cutoff && (value > cutoff || digit > cutlim) {
                return NGX_ERROR;
            }

            value = value * 10 + digit;
            valid = true;
            continue;
        }

        let (mut max, mut scale);

        match ch {
            b'y' => {
                if step > st_start {
                    return NGX_ERROR;
                }
                step = st_year;
                max = NGX_MAX_INT_T_VALUE / (60 * 60 * 24 * 365);
                scale = 60 * 60 * 24 * 365;
            }

            b'M' => {
                if step >= st_month {
                    return NGX_ERROR;
                }
                step = st_month;
                max = NGX_MAX_INT_T_VALUE / (60 * 60 * 24 * 30);
                scale = 60 * 60 * 24 * 30;
            }

            b'w' => {
                if step >= st_week {
                    return NGX_ERROR;
                }
                step = st_week;
                max = NGX_MAX_INT_T_VALUE / (60 * 60 * 24 * 7);
                scale = 60 * 60 * 24 * 7;
            }

            b'd' => {
                if step >= st_day {
                    return NGX_ERROR;
                }
                step = st_day;
                max = NGX_MAX_INT_T_VALUE / (60 * 60 * 24);
                scale = 60 * 60 * 24;
            }

            b'h' => {
                if step >= st_hour {
                    return NGX_ERROR;
                }
                step = st_hour;
                max = NGX_MAX_INT_T_VALUE / (60 * 60);
                scale = 60 * 60;
            }

            b'm' => {
                if p < last && line[p] == b's' {
                    if is_sec || step >= st_msec {
                        return NGX_ERROR;
                    }
                    p += 1;
                    step = st_msec;
                    max = NGX_MAX_INT_T_VALUE;
                    scale = 1;
                } else {
                    if step >= st_min {
                        return NGX_ERROR;
                    }
                    step = st_min;
                    max = NGX_MAX_INT_T_VALUE / 60;
                    scale = 60;
                }
            }

            b's' => {
                if step >= st_sec {
                    return NGX_ERROR;
                }
                step = st_sec;
                max = NGX_MAX_INT_T_VALUE;
                scale = 1;
            }

            b' ' => {
                if step >= st_sec {
                    return NGX_ERROR;
                }
                step = st_last;
                max = NGX_MAX_INT_T_VALUE;
                scale = 1;
            }

            _ => return NGX_ERROR,
        }

        if step != st_msec && !is_sec {
            scale *= 1000;
            max /= 1000;
        }

        if value > max {
            return NGX_ERROR;
        }

        value *= scale;

        if total > NGX_MAX_INT_T_VALUE - value {
            return NGX_ERROR;
        }

        total += value;

        value = 0;

        while p < last && line[p] == b' ' {
            p += 1;
        }
    }

    if !valid {
        return NGX_ERROR;
    }

    if !is_sec {
        if value > NGX_MAX_INT_T_VALUE / 1000 {
            return NGX_ERROR;
        }

        value *= 1000;
    }

    if total > NGX_MAX_INT_T_VALUE - value {
        return NGX_ERROR;
    }

    total + value
}

/// "1d 12h 30"; in seconds, or without `is_sec` in milliseconds, where years and months are not known.
pub unsafe fn ngx_parse_time(line: *mut ngx_str_t, is_sec: ngx_uint_t) -> ngx_int_t {
    ngx_parse_time_bytes((*line).bytes(), is_sec != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time() {
        let sec = |s: &str| ngx_parse_time_bytes(s.as_bytes(), true);
        let msec = |s: &str| ngx_parse_time_bytes(s.as_bytes(), false);

        assert_eq!(sec("1y 1M 1w 1d 1h 1m 1s"), 31536000 + 2592000 + 604800 + 86400 + 3600 + 60 + 1);
        assert_eq!((sec("30"), sec("1d12h"), sec("1d 12"), sec("1 1")), (30, 129600, 86412, 2));
        assert_eq!((msec("30"), msec("1s 500ms"), msec("1h 1ms"), msec("10ms")), (30000, 1500, 3600001, 10));
        assert_eq!(sec("9223372036854775807"), isize::MAX);
        for bad in
            ["", "s ", "1s1m", "1m1m", "1 1 1", "1x", "-1", "500ms", "1y1y", "9223372036854775808", "292471208678y"]
        {
            assert_eq!(sec(bad), NGX_ERROR, "{bad}");
        }
        for bad in ["1y", "1M", "1ms1s", "9223372036854776", "9223372036854775s 808ms"] {
            assert_eq!(msec(bad), NGX_ERROR, "{bad}");
        }
    }

    #[test]
    fn sizes() {
        let line = |s: &str| ngx_str_t { len: s.len(), data: s.as_ptr().cast_mut() };
        let size = |s: &str| unsafe { ngx_parse_size(&mut line(s)) };
        let offset = |s: &str| unsafe { ngx_parse_offset(&mut line(s)) };

        assert_eq!((size("7"), size("7k"), size("7M")), (7, 7 << 10, 7 << 20));
        assert_eq!((offset("7"), offset("7K"), offset("7g")), (7, 7 << 10, 7 << 30));
        assert_eq!(offset("8589934591g"), 8589934591 << 30);
        for bad in ["", "k", "7kk", "7g", "-7", "9007199254740992k"] {
            assert_eq!(size(bad), NGX_ERROR);
        }
        assert_eq!(offset("8589934592g"), -1);
    }
}
