//! Tests of work folders, with jobs that take no time.

use super::lease::{Claim, Watch};
use super::*;
use crate::failure::Failure;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

const MANIFEST: &str = "[job]\nkind = \"double\"\n";
const SHORT: Duration = Duration::from_millis(1500);

/// A folder that is removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("autogo-work-{name}-{}", std::process::id()));
        fs::remove_dir_all(&path).ok();
        Scratch(path)
    }

    fn plan(&self, items: std::ops::Range<usize>) -> WorkFolder {
        let items: Vec<String> = items.map(|item| item.to_string()).collect();
        WorkFolder::plan(&self.0, MANIFEST, &items, SHORT).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// Doubles a number, and counts how often each was asked for; numbers from `fails` on fail.
struct Double<'a> {
    asked: &'a Mutex<BTreeMap<usize, usize>>,
    fails: usize,
}

impl Job for Double<'_> {
    fn run(&mut self, item: &str) -> Outcome {
        let number: usize = item.parse().unwrap();
        *self.asked.lock().unwrap().entry(number).or_default() += 1;
        std::thread::sleep(Duration::from_millis(2));
        if number >= self.fails {
            Outcome::Failed(format!("{number} is too much"))
        } else {
            Outcome::Done(format!("{}", 2 * number))
        }
    }
}

fn results(folder: &WorkFolder) -> Vec<Option<String>> {
    folder.items().iter().map(|item| folder.result(&item.id).unwrap()).collect()
}

fn files(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[test]
fn several_workers_do_every_item_once_and_make_what_one_worker_makes() {
    let (alone, together) = (Scratch::new("alone"), Scratch::new("together"));
    let asked = Mutex::new(BTreeMap::new());
    let one = alone.plan(0..60);
    work(&one, &mut Double { asked: &asked, fails: 1000 }, "one", usize::MAX).unwrap();
    asked.lock().unwrap().clear();
    let folder = together.plan(0..60);
    let done: usize = std::thread::scope(|scope| {
        let worker = |name: &'static str| {
            let (folder, asked) = (&folder, &asked);
            move || work(folder, &mut Double { asked, fails: 1000 }, name, usize::MAX).unwrap().done
        };
        let workers = ["a", "b", "c"].map(|name| scope.spawn(worker(name)));
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    assert_eq!(done, 60);
    assert!(asked.lock().unwrap().values().all(|&times| times == 1));
    assert_eq!(results(&folder), results(&one));
    assert_eq!(files(&together.0.join("leases")), 0);
    let status = Status::of(&folder).unwrap();
    assert!(status.is_over() && status.done == 60 && status.running == 0);
}

#[test]
fn the_lease_of_a_dead_worker_is_succeeded_and_a_living_one_is_not() {
    let scratch = Scratch::new("dead");
    let folder = scratch.plan(0..2);
    // A worker that died: its lease never changes again.
    fs::write(folder.lease(&folder.items()[0].id, 1), "dead 0\n").unwrap();
    let asked = Mutex::new(BTreeMap::new());
    assert_eq!(Status::of(&folder).unwrap().running, 1);
    let begun = std::time::Instant::now();
    let tally = work(&folder, &mut Double { asked: &asked, fails: 1000 }, "heir", usize::MAX).unwrap();
    assert_eq!(tally.done, 2);
    assert!(begun.elapsed() > SHORT, "a lease is dead only after it was watched for a while");
    // A worker that lives: its count goes up.
    let folder = scratch.plan(2..3);
    let lease = folder.lease(&folder.items()[2].id, 1);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for beat in 0..20 {
                fs::write(&lease, format!("living {beat}\n")).unwrap();
                std::thread::sleep(SHORT / 6);
            }
            fs::remove_file(&lease).unwrap();
        });
        std::thread::sleep(SHORT / 12);
        let begun = std::time::Instant::now();
        work(&folder, &mut Double { asked: &asked, fails: 1000 }, "heir", usize::MAX).unwrap();
        assert!(begun.elapsed() > 2 * SHORT, "{:?}", begun.elapsed());
    });
}

#[test]
fn an_item_of_a_living_successor_stays_taken_when_the_worker_before_it_lets_go() {
    let scratch = Scratch::new("revived");
    let folder = scratch.plan(0..1);
    let id = &folder.items()[0].id;
    fs::write(folder.lease(id, 1), "stalled 0\n").unwrap();
    let mut heir = Watch::default();
    assert!(matches!(heir.claim(&folder, id, "heir").unwrap(), Claim::Taken));
    std::thread::sleep(SHORT + SHORT / 4);
    let Claim::Held(lease) = heir.claim(&folder, id, "heir").unwrap() else { panic!("the lease is dead by now") };
    // The first worker comes back, fails, and lets its own lease go.
    fs::remove_file(folder.lease(id, 1)).unwrap();
    assert!(matches!(Watch::default().claim(&folder, id, "third").unwrap(), Claim::Taken));
    drop(lease);
    assert!(matches!(Watch::default().claim(&folder, id, "third").unwrap(), Claim::Held(_)));
}

#[test]
fn what_fails_twice_is_kept_with_its_reason_and_can_be_tried_again() {
    let scratch = Scratch::new("fails");
    let folder = scratch.plan(0..4);
    let asked = Mutex::new(BTreeMap::new());
    let tally = work(&folder, &mut Double { asked: &asked, fails: 3 }, "one", usize::MAX).unwrap();
    assert_eq!((tally.done, tally.failed), (3, 2));
    let status = Status::of(&folder).unwrap();
    assert_eq!(status.failed, [("3".to_string(), "3 is too much".to_string())]);
    assert!(status.to_string().ends_with("failed: 3: 3 is too much"), "{status}");
    assert_eq!(folder.retry().unwrap(), 1);
    work(&folder, &mut Double { asked: &asked, fails: 4 }, "one", usize::MAX).unwrap();
    assert_eq!(results(&folder)[3].as_deref(), Some("6"));
}

#[test]
fn an_item_whose_workers_die_is_given_up() {
    let scratch = Scratch::new("deadly");
    let folder = scratch.plan(0..1);
    for number in 1..=3 {
        fs::write(folder.lease(&folder.items()[0].id, number), "dead 0\n").unwrap();
    }
    let asked = Mutex::new(BTreeMap::new());
    work(&folder, &mut Double { asked: &asked, fails: 1000 }, "heir", usize::MAX).unwrap();
    assert!(asked.lock().unwrap().is_empty());
    let (_, reason) = Status::of(&folder).unwrap().failed.remove(0);
    assert_eq!(reason, "its workers died, each before the item was done");
}

#[test]
fn other_work_and_damage_are_named() {
    let scratch = Scratch::new("named");
    let folder = scratch.plan(0..1);
    let asked = Mutex::new(BTreeMap::new());
    work(&folder, &mut Double { asked: &asked, fails: 1000 }, "one", usize::MAX).unwrap();
    let message = |failure: Failure| failure.to_string();
    let other = WorkFolder::plan(&scratch.0, "[job]\nkind = \"triple\"\n", &[], SHORT).map(|_| ()).map_err(message);
    assert!(other.unwrap_err().contains("holds other work: `kind = \"double\"` where `kind = \"triple\"` is wanted"));
    let path = scratch.0.join("results").join(format!("{}.json", folder.items()[0].id));
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen('0', "1", 1)).unwrap();
    let damaged = folder.result(&folder.items()[0].id).map_err(message).unwrap_err();
    assert!(damaged.contains("its checksum does not hold; remove the file"), "{damaged}");
    let manifest = scratch.0.join("work.toml");
    fs::write(&manifest, fs::read_to_string(&manifest).unwrap().replace("double", "treble")).unwrap();
    let changed = WorkFolder::open(&scratch.0).map(|_| ()).map_err(message).unwrap_err();
    assert!(changed.contains("was changed after it was planned"), "{changed}");
    let none = WorkFolder::open(&scratch.0.join("none")).map(|_| ()).map_err(message).unwrap_err();
    assert!(none.contains("is no folder of work"), "{none}");
}

#[test]
fn a_manifest_may_hold_numbers_beyond_those_of_toml() {
    let scratch = Scratch::new("numbers");
    let manifest = format!("[job]\nmost = {}\n", u64::MAX);
    WorkFolder::plan(&scratch.0, &manifest, &["1".into()], SHORT).unwrap();
    let folder = WorkFolder::open(&scratch.0).unwrap();
    assert_eq!(folder.manifest(), manifest);
}

#[test]
fn a_plan_that_grows_keeps_what_is_done() {
    let scratch = Scratch::new("grows");
    let asked = Mutex::new(BTreeMap::new());
    work(&scratch.plan(0..3), &mut Double { asked: &asked, fails: 1000 }, "one", usize::MAX).unwrap();
    let folder = scratch.plan(2..5);
    assert_eq!(folder.items().iter().map(|item| item.text.as_str()).collect::<Vec<_>>(), ["0", "1", "2", "3", "4"]);
    work(&folder, &mut Double { asked: &asked, fails: 1000 }, "one", usize::MAX).unwrap();
    assert!(asked.lock().unwrap().values().all(|&times| times == 1));
}

/// Sleeps: what is left of the time is the machinery's.
struct Sleep(Duration);

impl Job for Sleep {
    fn run(&mut self, item: &str) -> Outcome {
        std::thread::sleep(self.0);
        Outcome::Done(item.into())
    }
}

#[test]
#[ignore = "a measurement, 13 seconds: cargo test -p experiments --bin autogo -- --ignored --nocapture a_thousand_items"]
fn a_thousand_items_on_two_workers_take_little_more_than_their_work() {
    const ITEMS: usize = 1000;
    let each = Duration::from_millis(25);
    let scratch = Scratch::new("thousand");
    let folder = scratch.plan(0..ITEMS);
    let begun = std::time::Instant::now();
    std::thread::scope(|scope| {
        for worker in ["a", "b"] {
            let folder = &folder;
            scope.spawn(move || work(folder, &mut Sleep(each), worker, usize::MAX).unwrap());
        }
    });
    let (took, ideal) = (begun.elapsed().as_secs_f64(), each.as_secs_f64() * ITEMS as f64 / 2.0);
    let overhead = 1e3 * 2.0 * (took - ideal) / ITEMS as f64;
    println!(
        "{ITEMS} items of {} ms on 2 workers: {took:.1} s, {overhead:.1} ms an item above its work",
        each.as_millis()
    );
    assert!(results(&folder).iter().all(Option::is_some));
}
