//! Tests in a process of their own.

use std::any::type_name;
use std::process::Command;

/// Set in the process that a test has to itself.
const MARK: &str = "AUTOGO_TEST_ALONE";

/// Runs the body of a test, a closure in the test's function, in a process of its own. An interrupt belongs to the process:
/// asked for beside other tests, it would end their searches and trainings.
pub fn alone<Body: FnOnce()>(body: Body) {
    if std::env::var_os(MARK).is_some() {
        return body();
    }
    let (_, path) = type_name::<Body>().split_once("::").expect("a crate has modules");
    let test = path.strip_suffix("::{{closure}}").expect("the body is a closure");
    let run = Command::new(std::env::current_exe().unwrap()).args([test, "--exact"]).env(MARK, "1").output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&run.stderr));
}
