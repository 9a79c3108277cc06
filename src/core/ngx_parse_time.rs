//! Port of src/core/ngx_parse_time.c and .h

use crate::core::{ngx_config::*, ngx_core::*, ngx_string::*};

static mday: [ngx_uint_t; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// `N` digits at the beginning of `p`.
#[forbid(unsafe_code)]
#[inline(always)]
fn ngx_parse_digits<const N: usize>(p: &[u8]) -> Option<ngx_uint_t> {
    let mut n = 0;

    for &ch in p.first_chunk::<N>()? {
        if !ch.is_ascii_digit() {
            return None;
        }

        n = n * 10 + (ch - b'0') as ngx_uint_t;
    }

    Some(n)
}

#[forbid(unsafe_code)]
fn ngx_parse_http_time_bytes(value: &[u8]) -> Option<time_t> {
    #[derive(PartialEq)]
    enum fmt_e {
        no,
        rfc822, // Sun, 06 Nov 1994 08:49:37
        rfc850, // Sunday, 06-Nov-94 08:49:37
        isoc,   // Sun Nov  6 08:49:37 1994
    }
    use fmt_e::*;

    let mut fmt = no;
    let mut p = 0;
    let end = value.len();

    let mut day = 32;
    let mut year: ngx_uint_t = 2038;

    while p < end {
        if value[p] == b',' {
            break;
        }

        if value[p] == b' ' {
            fmt = isoc;
            break;
        }

        p += 1;
    }

    p += 1;

    while p < end {
        if value[p] != b' ' {
            break;
        }

        p += 1;
    }

    if end < p + 18 {
        return None;
    }

    if fmt != isoc {
        day = ngx_parse_digits::<2>(&value[p..])?;
        p += 2;

        if value[p] == b' ' {
            if end < p + 18 {
                return None;
            }
            fmt = rfc822;
        } else if value[p] == b'-' {
            fmt = rfc850;
        } else {
            return None;
        }

        p += 1;
    }

    let mut month: ngx_int_t = match value[p] {
        b'J' => {
            if value[p + 1] == b'a' {
                0
            } else if value[p + 2] == b'n' {
                5
            } else {
                6
            }
        }
        b'F' => 1,
        b'M' => {
            if value[p + 2] == b'r' {
                2
            } else {
                4
            }
        }
        b'A' => {
            if value[p + 1] == b'p' {
                3
            } else {
                7
            }
        }
        b'S' => 8,
        b'O' => 9,
        b'N' => 10,
        b'D' => 11,
        _ => return None,
    };

    p += 3;

    if (fmt == rfc822 && value[p] != b' ') || (fmt == rfc850 && value[p] != b'-') {
        return None;
    }

    p += 1;

    if fmt == rfc822 {
        year = ngx_parse_digits::<4>(&value[p..])?;
        p += 4;
    } else if fmt == rfc850 {
        year = ngx_parse_digits::<2>(&value[p..])?;
        year += if year < 70 { 2000 } else { 1900 };
        p += 2;
    }

    if fmt == isoc {
        if value[p] == b' ' {
            p += 1;
        }

        day = ngx_parse_digits::<1>(&value[p..])?;
        p += 1;

        if value[p] != b' ' {
            day = day * 10 + ngx_parse_digits::<1>(&value[p..])?;
            p += 1;
        }

        if end < p + 14 {
            return None;
        }
    }

    if value[p] != b' ' {
        return None;
    }
    p += 1;

    let hour = ngx_parse_digits::<2>(&value[p..])?;
    p += 2;

    if value[p] != b':' {
        return None;
    }
    p += 1;

    let min = ngx_parse_digits::<2>(&value[p..])?;
    p += 2;

    if value[p] != b':' {
        return None;
    }
    p += 1;

    let sec = ngx_parse_digits::<2>(&value[p..])?;

    if fmt == isoc {
        p += 2;

        if value[p] != b' ' {
            return None;
        }
        p += 1;

        year = ngx_parse_digits::<4>(&value[p..])?;
    }

    if hour > 23 || min > 59 || sec > 59 {
        return None;
    }

    if day == 29 && month == 1 {
        if year & 3 != 0 || (year.is_multiple_of(100) && !year.is_multiple_of(400)) {
            return None;
        }
    } else if day > mday[month as usize] {
        return None;
    }

    // years that begin in March, and months that count from 1, as Gauss' formula wants them; the year 0 and the
    // time before 1970 wrap around, as in C

    month -= 1;
    if month <= 0 {
        month += 12;
        year = year.wrapping_sub(1);
    }

    let days = year
        .wrapping_mul(365)
        .wrapping_add(year / 4)
        .wrapping_sub(year / 100)
        .wrapping_add(year / 400)
        .wrapping_add((367 * month / 12 - 30) as ngx_uint_t)
        .wrapping_add(day)
        .wrapping_sub(1)
        // from March 1, 1 BC to January 1, 1970
        .wrapping_sub(719527 - 31 - 28);

    let time = (days as u64).wrapping_mul(86400).wrapping_add((hour * 3600 + min * 60 + sec) as u64);

    Some(time as time_t)
}

/// A date in one of the three formats of HTTP; NGX_ERROR for anything else.
pub unsafe fn ngx_parse_http_time(value: *const u8, len: usize) -> time_t {
    match ngx_parse_http_time_bytes(ngx_bytes(value, len)) {
        Some(time) => time,
        None => NGX_ERROR as time_t,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATES: [(&str, time_t); 9] = [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784111777),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784111777),
        ("Sun Nov  6 08:49:37 1994", 784111777),
        ("Sun Nov 16 08:49:37 1994", 784111777 + 10 * 86400),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Wed, 31 Dec 1969 23:59:58 GMT", -2),
        ("Tue, 29 Feb 2000 00:00:00 GMT", 951782400),
        ("Monday, 01-Mar-04 00:00:01", 1078099201),
        ("Thu, 01 Jan 1970 00:00:05", 5),
    ];

    #[test]
    fn dates() {
        for (date, time) in DATES {
            assert_eq!(ngx_parse_http_time_bytes(date.as_bytes()), Some(time), "{date}");
        }
    }

    #[test]
    fn cut_short_or_damaged() {
        for (date, time) in DATES {
            let whole = date.trim_end_matches(" GMT").len();

            for n in 0..date.len() {
                let want = if n < whole { None } else { Some(time) };
                assert_eq!(ngx_parse_http_time_bytes(&date.as_bytes()[..n]), want, "{date} {n}");
            }

            // whatever stands at whatever place, nothing is read that is not there

            for n in 0..=date.len() {
                for i in 0..n {
                    for ch in [b' ', b',', b'-', b':', b'0', b'9', b'J', b'M', 0, 0xff] {
                        let mut text = [0; 40];
                        text[..n].copy_from_slice(&date.as_bytes()[..n]);
                        text[i] = ch;
                        let _ = ngx_parse_http_time_bytes(&text[..n]);
                    }
                }
            }
        }

        for bad in [
            "Sun, 29 Feb 1994 08:49:37 GMT",
            "Sun, 29 Feb 1900 08:49:37 GMT",
            "Sun, 31 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Xov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:60 GMT",
        ] {
            assert_eq!(ngx_parse_http_time_bytes(bad.as_bytes()), None);
        }
    }
}
