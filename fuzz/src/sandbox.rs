//! Where the fuzzed server may write: a directory of its own, and only as somebody who owns nothing else.

use std::ffi::CString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::OnceLock;

const NOBODY: u32 = 65534;

static PREFIX: OnceLock<String> = OnceLock::new();

extern "C" fn remove() {
    if let Some(prefix) = PREFIX.get() {
        let _ = fs::remove_dir_all(prefix);
    }
}

/// With a slash at its end. Removed at the end of the process; replay removes what a crash leaves.
pub fn prefix() -> &'static str {
    PREFIX.get_or_init(|| {
        let root = std::env::var("NGINX_FUZZ_DIR").unwrap_or_else(|_| {
            if fs::metadata("/dev/shm").is_ok_and(|m| m.is_dir()) { "/dev/shm".into() } else { "/tmp".into() }
        });
        let path = format!("{root}/nginx-fuzz.{}/", std::process::id());
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
        unsafe {
            // a limit for each file too
            let limit = libc::rlimit { rlim_cur: 64 << 20, rlim_max: 64 << 20 };
            libc::setrlimit(libc::RLIMIT_FSIZE, &limit);
            libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
            libc::atexit(remove);
        }
        path
    })
}

/// As long as it lives, root is nobody to the file system.
pub struct Guard(bool);

pub fn enter() -> Guard {
    unsafe {
        if libc::geteuid() != 0 {
            return Guard(false);
        }
        libc::setfsgid(NOBODY);
        libc::setfsuid(NOBODY);
        Guard(true)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.0 {
            unsafe {
                libc::setfsuid(0);
                libc::setfsgid(0);
            }
        }
    }
}

/// A new file below the prefix, by a name that no cache has seen.
pub struct File {
    pub name: String,
    path: CString,
}

pub fn file(directory: &str, extension: &str, data: &[u8]) -> File {
    crate::server::cycle();
    static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let n = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let name = format!("x{n}{extension}");
    let path = format!("{}{directory}/{name}", prefix());
    fs::write(&path, data).unwrap();
    File { name, path: CString::new(path).unwrap() }
}

impl Drop for File {
    fn drop(&mut self) {
        unsafe { libc::unlink(self.path.as_ptr()) };
    }
}
