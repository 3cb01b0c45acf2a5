//! Trials whose branches are processes: killed and started again, and gone with the program that started them.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process};
use serde_json::Value;

use super::{readback, text};

/// A short trial of three processes, without the guarantee and with it. What follows comes on top of it.
const SPEC: &str = r#"
question = "Do branches that are processes come back?"
[run]
duration_s = 1.6
warm_up_s = 0.2
repetitions = 1
seed = 5
drain_s = 40
[cluster]
processes = true
durability = "durable"
[guarantee]
strategy = ["none", "wait"]
[workload]
arrival = { poisson_per_s = 150 }
sessions = 8
[network.between_branches]
delay = { constant_ms = 20 }
"#;

/// What is waited for comes within so many looks.
const LOOKS_MAX: u32 = 4_000;
const LOOKS_APART: Duration = Duration::from_millis(5);

fn written(dir: &Path, faults: &str) -> String {
    let path = dir.join("trial.toml");
    std::fs::write(&path, format!("{SPEC}{faults}")).expect("a file can be written");
    path.to_str().expect("the path is UTF-8").to_owned()
}

/// Runs a trial of these faults. Its exit status, what it printed, and what was observed.
fn ran(faults: &str, arguments: &[&str]) -> (Option<i32>, String, Value) {
    let folder = tempfile::TempDir::new().expect("a folder can be made");
    let (file, out) = (written(folder.path(), faults), folder.path().join("out"));
    let mut command = readback();
    command.args(["run", &file, "--out"]).arg(&out).args(arguments);
    let output = command.output().expect("the binary starts");
    let observed =
        std::fs::read_to_string(out.join("trials/wait,r1/observed.json")).unwrap_or("null".to_owned());
    let observed = serde_json::from_str(&observed).expect("what was observed is JSON");
    (output.status.code(), format!("{}{}", text(&output.stdout), text(&output.stderr)), observed)
}

fn crash(kind: &str, branch: u32, from_s: f64) -> String {
    let until_s = from_s + 0.3;
    format!("[[fault]]\nkind = \"{kind}\"\nfrom_s = {from_s}\nuntil_s = {until_s}\nbranch = {branch}\n")
}

fn recoveries(observed: &Value) -> Vec<(u64, u64)> {
    let all = observed["recoveries"].as_array().expect("a list of recoveries");
    let number = |value: &Value| value.as_u64().expect("a number");
    all.iter().map(|one| (number(&one["branch"]), number(&one["records"]))).collect()
}

#[test]
fn processes_that_are_killed_and_stopped_lose_nothing() {
    let faults = [crash("crash", 1, 0.6), crash("crash", 2, 0.8), crash("pause", 3, 0.5)].concat();
    let (status, printed, observed) = ran(&faults, &[]);
    assert_eq!(status, Some(0), "{printed}");
    let recovered = recoveries(&observed);
    assert_eq!(recovered.iter().map(|&(branch, _)| branch).collect::<Vec<_>>(), [1, 2]);
    assert!(recovered.iter().all(|&(_, records)| records > 0), "{recovered:?}");
}

#[test]
fn a_volatile_process_that_is_killed_comes_back_as_somebody_else() {
    let (status, printed, observed) = ran(&crash("crash", 2, 0.6), &["--set", "cluster.durability=volatile"]);
    assert_eq!(status, Some(0), "{printed}");
    assert_eq!(recoveries(&observed), [(2, 0)]);
}

#[test]
fn disks_that_fill_up_and_fail_are_survived() {
    let faults =
        [crash("full_disk", 1, 0.5), crash("failing_sync", 2, 1.0), crash("lose_state", 3, 0.4)].concat();
    let (status, printed, observed) = ran(&faults, &[]);
    assert_eq!(status, Some(0), "{printed}");
    let mut recovered = recoveries(&observed);
    recovered.sort_unstable();
    assert!(recovered.len() == 2 && recovered[0].0 == 2 && recovered[1] == (3, 0), "{recovered:?}");
}

#[test]
fn no_process_outlives_its_trial_and_one_that_is_killed_from_outside_is_named() {
    let folder = tempfile::TempDir::new().expect("a folder can be made");
    let pause = "[[fault]]\nkind = \"pause\"\nfrom_s = 0.1\nuntil_s = 30\nbranch = 3\n";
    let file = written(folder.path(), pause);
    let start = |name: &str| {
        let mut command = readback();
        command.args(["run", &file, "--set", "run.duration_s=30", "--out"]).arg(folder.path().join(name));
        // A killed process cannot clear up.
        command.env("TMPDIR", folder.path());
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary starts")
    };
    let mut killed = start("killed");
    let branches = children(killed.id());
    // One that is stopped cannot see that its orders end.
    look("a process that is stopped", || branches.iter().any(|&pid| is_in_state(pid, 'T')).then_some(()));
    killed.kill().expect("it runs");
    killed.wait().expect("it has ended");
    branches.iter().for_each(|&branch| until_gone(branch));

    let mut robbed = start("robbed");
    let branches = children(robbed.id());
    kill_process(branches[1], Signal::KILL).expect("it runs");
    let mut printed = String::new();
    robbed.stderr.take().expect("it is piped").read_to_string(&mut printed).expect("it is text");
    assert_eq!(robbed.wait().expect("it ends").code(), Some(3), "{printed}");
    assert!(printed.contains("ended by itself") && printed.contains("signal: 9"), "{printed}");
    branches.iter().for_each(|&branch| until_gone(branch));
}

#[test]
fn an_interrupt_from_the_keyboard_ends_a_trial_in_good_order() {
    let folder = tempfile::TempDir::new().expect("a folder can be made");
    let file = written(folder.path(), "");
    let mut command = readback();
    command.args(["run", &file, "--set", "run.duration_s=30", "--out"]).arg(folder.path().join("out"));
    // A terminal sends the signal to all of its foreground group.
    command.process_group(0).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut interrupted = command.spawn().expect("the binary starts");
    let branches = children(interrupted.id());
    let group = Pid::from_child(&interrupted);
    kill_process_group(group, Signal::INT).expect("it runs");
    let mut printed = String::new();
    interrupted.stderr.take().expect("it is piped").read_to_string(&mut printed).expect("it is text");
    interrupted.wait().expect("it ends");
    assert!(printed.contains("what is complete is kept"), "{printed}");
    assert!(!printed.contains("ended by itself"), "{printed}");
    branches.iter().for_each(|&branch| until_gone(branch));
}

/// The three processes that this one has started, once they have sockets to talk through.
fn children(parent: u32) -> Vec<Pid> {
    look("three processes that serve", || {
        let lines = threads(parent)
            .flat_map(|thread| std::fs::read_to_string(format!("/proc/{parent}/task/{thread}/children")));
        let pids = |line: String| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let all: Vec<Pid> = lines.flat_map(pids).filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect();
        (all.len() == 3 && all.iter().all(|&pid| is_serving(pid))).then_some(all)
    })
}

fn threads(process: u32) -> impl Iterator<Item = String> {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    tasks.map(|task| task.file_name().to_string_lossy().into_owned())
}

/// The thread of the branch runs.
fn is_serving(pid: Pid) -> bool {
    let pid = pid.as_raw_nonzero().get().unsigned_abs();
    threads(pid).any(|thread| {
        let name = std::fs::read_to_string(format!("/proc/{pid}/task/{thread}/comm")).unwrap_or_default();
        name.starts_with("branch-")
    })
}

fn until_gone(pid: Pid) {
    look("the end of a process whose trial has ended", || {
        (test_kill_process(pid).is_err() || is_in_state(pid, 'Z')).then_some(())
    });
}

/// By the letter that Linux has for it.
fn is_in_state(pid: Pid, state: char) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    status.contains(&format!(") {state} "))
}

/// Looks again and again, bounded in number.
fn look<T>(what: &str, see: impl Fn() -> Option<T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let seen = runtime.block_on(async {
        let mut looks = tokio::time::interval(LOOKS_APART);
        for _ in 0..LOOKS_MAX {
            looks.tick().await;
            let seen = see();
            if seen.is_some() {
                return seen;
            }
        }
        None
    });
    seen.unwrap_or_else(|| panic!("{what}: not seen in {LOOKS_MAX} looks"))
}
