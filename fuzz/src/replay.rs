//! The targets without libFuzzer: what the corpus holds, then mutations of it from a fixed seed, as many each time.
//!
//! usage: replay [TARGET [COUNT [SEED]]], `replay TARGET FILE` for one input

use nginx_fuzz::{TARGETS, Target};

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
}

fn mutate(random: &mut Random, inputs: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut data = inputs[random.below(inputs.len())].clone();

    for _ in 0..=random.below(6) {
        let at = random.below(data.len() + 1);
        match random.below(9) {
            0 if at < data.len() => data[at] ^= 1 << random.below(8),
            1 if at < data.len() => data[at] = random.below(256) as u8,
            2 if at < data.len() => {
                data[at] = [0, 1, 0x7f, 0x80, 0xff, b'\r', b'\n', b' ', b'/', b'0'][random.below(10)]
            }
            3 => {
                let end = at + random.below((data.len() - at).min(30) + 1);
                data.drain(at..end);
            }
            4 => data.insert(at, random.below(256) as u8),
            5 | 6 => {
                let word = words[random.below(words.len())].bytes();
                data.splice(at..at, word);
            }
            7 => {
                let other = &inputs[random.below(inputs.len())];
                let from = random.below(other.len() + 1);
                let to = from + random.below((other.len() - from).min(200) + 1);
                data.splice(at..at, other[from..to].iter().copied());
            }
            _ => {
                let end = at + random.below((data.len() - at).min(60) + 1);
                let piece = data[at..end].to_vec();
                for _ in 0..=random.below(5) {
                    data.splice(at..at, piece.iter().copied());
                }
            }
        }
    }

    data
}

fn corpus(name: &str) -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut files: Vec<PathBuf> = fs::read_dir(dir).map(|d| d.map(|e| e.unwrap().path()).collect()).unwrap_or_default();
    files.sort();
    files
}

/// In a process of its own: `current` holds the input that it is at.
fn one_target(target: &Target, count: usize, seed: u64, current: &Path) {
    let (name, run, _, words) = *target;
    let mut inputs = vec![vec![]];

    let step = |data: &[u8]| {
        fs::write(current, data).unwrap();
        run(data);
    };

    for file in corpus(name) {
        let data = fs::read(file).unwrap();
        step(&data);
        inputs.push(data);
    }

    let mut random = Random(seed);
    for _ in 0..count {
        step(&mutate(&mut random, &inputs, words));
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let find = |name: &str| TARGETS.iter().find(|t| t.0 == name).unwrap_or_else(|| panic!("no target {name}"));
    let root = if Path::new("/dev/shm").is_dir() { "/dev/shm" } else { "/tmp" };

    if args.first().is_some_and(|a| a == "--child") {
        let current = std::env::var("NGINX_FUZZ_CURRENT").unwrap();
        one_target(find(&args[1]), args[2].parse().unwrap(), args[3].parse().unwrap(), Path::new(&current));
        exit(0);
    }

    if args.len() == 2 && Path::new(&args[1]).is_file() {
        find(&args[0]).1(&fs::read(&args[1]).unwrap());
        exit(0);
    }

    let me = std::env::current_exe().unwrap();
    let targets: Vec<&Target> = args.first().map_or_else(|| TARGETS.iter().collect(), |a| vec![find(a)]);
    let (mut passed, mut failed) = (0, 0);

    for target in targets {
        let count = args.get(1).map_or(target.2, |n| n.parse().unwrap());
        let seed = args.get(2).map_or("88172645463325252", |s| s);
        let dir = PathBuf::from(format!("{root}/nginx-replay.{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let _ = Command::new("chmod").arg("777").arg(&dir).status();
        let current = dir.join("input");

        let start = std::time::Instant::now();
        let out = Command::new(&me)
            .args(["--child", target.0, &count.to_string(), seed])
            .env("NGINX_FUZZ_CURRENT", &current)
            .env("NGINX_FUZZ_DIR", &dir)
            .output()
            .unwrap();

        if out.status.success() {
            passed += 1;
            println!(
                "{}: {} saved, {count} made, {:.1} s",
                target.0,
                corpus(target.0).len(),
                start.elapsed().as_secs_f32()
            );
        } else {
            failed += 1;
            let save = Path::new(env!("CARGO_MANIFEST_DIR")).join("artifacts").join(target.0);
            fs::create_dir_all(&save).unwrap();
            let save = save.join(format!("replay-{seed}"));
            let _ = fs::copy(&current, &save);
            println!(
                "FAILED: {} ({:?}, signal {:?}), input in {}\n{}",
                target.0,
                out.status.code(),
                out.status.signal(),
                save.display(),
                String::from_utf8_lossy(&out.stderr)
                    .lines()
                    .filter(|l| !l.trim_start().starts_with("at /rustc"))
                    .take(40)
                    .collect::<Vec<_>>()
                    .join("\n")
            );
        }
        let _ = fs::remove_dir_all(&dir);
    }

    println!("{passed} passed, {failed} failed");
    exit((failed != 0) as i32);
}
