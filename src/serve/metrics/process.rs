//! What the system says about this process, under the names every Prometheus client gives it.
//!
//! Read from `/proc`; elsewhere than on Linux there is nothing to say.

use std::fs;
use std::time::Duration;

use super::exposition::Exposition;

/// What a tick of the system's clock lasts: a promise of Linux to programs, on every architecture.
const TICK: Duration = Duration::from_millis(10);

/// What is known of this process.
#[derive(Debug, Default, PartialEq)]
struct Process {
    /// Processor time used.
    cpu: Option<Duration>,
    /// Memory in use, in bytes.
    resident_bytes: Option<u64>,
    open_files: Option<usize>,
    most_open_files: Option<u64>,
    /// Since the beginning of 1970.
    started: Option<Duration>,
}

/// Writes what is known of this process.
pub(super) fn write(out: &mut Exposition) {
    let Process { cpu, resident_bytes, open_files, most_open_files, started } = Process::read();
    if let Some(cpu) = cpu {
        let help = "Processor time used, user and system.";
        out.counter("process_cpu_seconds_total", help).sample(&[], cpu.as_secs_f64());
    }
    if let Some(bytes) = resident_bytes {
        out.gauge("process_resident_memory_bytes", "Memory in use.").sample(&[], bytes);
    }
    if let Some(open) = open_files {
        out.gauge("process_open_fds", "Open files and sockets.").sample(&[], open);
    }
    if let Some(most) = most_open_files {
        out.gauge("process_max_fds", "Files and sockets that may be open.").sample(&[], most);
    }
    if let Some(started) = started {
        let help = "When the process began, in seconds since 1970.";
        out.gauge("process_start_time_seconds", help).sample(&[], started.as_secs_f64());
    }
}

impl Process {
    fn read() -> Self {
        let text = |path| fs::read_to_string(path).unwrap_or_default();
        Self {
            // One of them is the folder being read.
            open_files: fs::read_dir("/proc/self/fd").ok().map(|files| files.count() - 1),
            ..Self::of(
                &text("/proc/self/stat"),
                &text("/proc/self/status"),
                &text("/proc/self/limits"),
                &text("/proc/stat"),
            )
        }
    }

    /// What those files say, as `proc(5)` describes them.
    fn of(stat: &str, status: &str, limits: &str, system: &str) -> Self {
        // The name, which may hold anything, ends with the last bracket.
        let fields: Vec<u32> = stat
            .rsplit_once(')')
            .map(|(_, rest)| rest.split_whitespace().map(|field| field.parse().unwrap_or(0)))
            .map(Iterator::collect)
            .unwrap_or_default();
        // Fields are numbered from 1; the third is the first behind the name.
        let ticks = |number: usize| fields.get(number - 3).map(|ticks| TICK * *ticks);
        let booted = after(system, "btime").and_then(|seconds| seconds.parse().ok());
        Self {
            cpu: ticks(14).zip(ticks(15)).map(|(user, system)| user + system),
            resident_bytes: after(status, "VmRSS:")
                .and_then(|kilobytes| kilobytes.parse::<u64>().ok())
                .map(|kilobytes| kilobytes * 1024),
            open_files: None,
            most_open_files: after(limits, "Max open files").and_then(|most| most.parse().ok()),
            started: ticks(22).zip(booted).map(|(up, at)| Duration::from_secs(at) + up),
        }
    }
}

/// The first word after `name` at the beginning of a line.
fn after<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_read_by_its_fields() {
        let stat = "7 (a) name) S 1 7 7 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 9 0 1000 5 6";
        let limits = "Limit   Soft Limit  Hard Limit  Units\nMax open files  1024  4096  files\n";
        let read = Process::of(stat, "Name:\tx\nVmRSS:\t   12 kB\n", limits, "cpu 1\nbtime 100\n");
        let expected = Process {
            cpu: Some(Duration::from_secs(2)),
            resident_bytes: Some(12 * 1024),
            open_files: None,
            most_open_files: Some(1024),
            started: Some(Duration::from_secs(110)),
        };
        assert_eq!(read, expected);
        assert_eq!(Process::of("", "", "", ""), Process::default());
    }
}
