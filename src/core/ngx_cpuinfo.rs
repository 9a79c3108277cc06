//! Port of src/core/ngx_cpuinfo.c

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
use crate::os::unix::ngx_alloc::*;

/// eax, ebx, edx, ecx: so that a vendor's name lies in one piece.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
#[inline(always)]
unsafe fn ngx_cpuid(i: u32, buf: *mut u32) {
    #[cfg(target_arch = "x86")]
    use core::arch::x86::__cpuid;
    #[cfg(target_arch = "x86_64")]
    use core::arch::x86_64::__cpuid;

    let cpu = __cpuid(i);

    *buf = cpu.eax;
    *buf.add(1) = cpu.ebx;
    *buf.add(2) = cpu.edx;
    *buf.add(3) = cpu.ecx;
}

/// Sets the size of a cache line for the processors that are known.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
pub unsafe fn ngx_cpuinfo() {
    let mut vbuf = [0u32; 4];
    let mut cpu = [0u32; 4];

    ngx_cpuid(0, vbuf.as_mut_ptr());

    if vbuf[0] == 0 {
        return;
    }

    let mut vendor = [0u8; 12];
    for (name, reg) in vendor.chunks_exact_mut(4).zip(&vbuf[1..]) {
        name.copy_from_slice(&reg.to_le_bytes());
    }

    ngx_cpuid(1, cpu.as_mut_ptr());

    if vendor == *b"GenuineIntel" {
        match (cpu[0] & 0xf00) >> 8 {
            // Pentium
            5 => ngx_cacheline_size.set(32),

            // Pentium Pro, II, III
            6 => {
                ngx_cacheline_size.set(32);

                let model = ((cpu[0] & 0xf0000) >> 8) | (cpu[0] & 0xf0);

                if model >= 0xd0 {
                    // Core and later
                    ngx_cacheline_size.set(64);
                }
            }

            // Pentium 4: its lines have 64 bytes, but it fetches two
            15 => ngx_cacheline_size.set(128),

            _ => {}
        }
    } else if vendor == *b"AuthenticAMD" {
        ngx_cacheline_size.set(64);
    }
}

#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
pub unsafe fn ngx_cpuinfo() {}
