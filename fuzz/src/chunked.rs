//! Bodies in chunks: the parser must say the same wherever its input is cut, and the same is what a PUT leaves.

use crate::{sandbox, server};

use nginx::core::ngx_buf::ngx_buf_t;
use nginx::core::ngx_core::{NGX_AGAIN, NGX_DONE, NGX_OK};
use nginx::http::ngx_http::ngx_http_chunked_t;
use nginx::http::ngx_http_parse::ngx_http_parse_chunked;
use nginx::http::ngx_http_request::ngx_http_request_t;

pub const WORDS: &[&str] = &[
    "\r\n",
    "0\r\n\r\n",
    "5\r\nhello\r\n",
    "1\r\nx\r\n",
    ";ext=\"v\"",
    "7fffffffffffffff\r\n",
    "ffffffffffffffff\r\n",
    "0\r\nTrailer: x\r\n\r\n",
    "00000005\r\n",
    "80\r\n",
    " \t",
    "\n",
    "0000000000000000000000000",
    "FFFFFFFFFFFFFFED",
];

/// (result, what was in the chunks, how many bytes were read)
fn parse(data: &[u8], cut: usize) -> (isize, Vec<u8>, usize) {
    unsafe {
        let mut r: ngx_http_request_t = std::mem::zeroed();
        let mut ctx: ngx_http_chunked_t = std::mem::zeroed();
        let mut out = Vec::new();
        let mut at = 0;

        loop {
            // a copy as long as the piece, so that the sanitizer sees its end
            let piece = data[at..(at + cut).min(data.len())].to_vec();
            let mut b: ngx_buf_t = std::mem::zeroed();
            b.pos = piece.as_ptr().cast_mut();
            b.last = b.pos.add(piece.len());

            loop {
                let rc = ngx_http_parse_chunked(&raw mut r, &raw mut b, &raw mut ctx, 0);
                let done = b.pos.offset_from_unsigned(piece.as_ptr());

                if rc == NGX_OK {
                    assert!(ctx.size > 0);
                    let n = (piece.len() - done).min(ctx.size as usize);
                    out.extend_from_slice(&piece[done..done + n]);
                    b.pos = b.pos.add(n);
                    ctx.size -= n as i64;
                    if n != 0 {
                        continue;
                    }
                } else if rc != NGX_AGAIN {
                    return (rc, out, at + done);
                } else {
                    assert!(ctx.length > 0);
                    assert_eq!(done, piece.len());
                }
                break;
            }

            at += piece.len();
            if at == data.len() {
                return (NGX_AGAIN, out, at);
            }
        }
    }
}

pub fn run(data: &[u8]) {
    let Some((&knob, body)) = data.split_first() else { return };
    if body.len() > 6000 {
        return;
    }

    let whole = parse(body, usize::MAX / 2);
    for cut in [1, 2, 3, 1 + knob as usize % 17] {
        let pieces = parse(body, cut);
        assert_eq!((whole.0, &whole.1), (pieces.0, &pieces.1), "cut at every {cut}");
        if whole.0 == NGX_DONE {
            assert_eq!(whole.2, pieces.2);
        }
    }

    if whole.0 != NGX_DONE {
        return;
    }

    let mut input =
        b"PUT /dav/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n".to_vec();
    input.extend_from_slice(&body[..whole.2]);
    let output = server::ask(&input, server::How::from(knob));
    let path = format!("{}dav/x", sandbox::prefix());
    let status = server::Response::first(&output).map(|r| r.status);

    if status == Some(201) {
        assert_eq!(std::fs::read(&path).unwrap(), whole.1);
        std::fs::remove_file(&path).unwrap();
    } else {
        assert_ne!(status, Some(204));
    }
}
