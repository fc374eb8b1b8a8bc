//! Random schedules over real servers: killed or stopped at any moment and started again, with runs
//! that are asked twice, cancelled, and followed by readers that lose their connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use hedgerow_agent_api::{RunEvent, RunStatus};
use hedgerow_ids::RunId;
use hedgerow_testkit::{Dice, assert_run_promises};
use serde_json::json;

use crate::{Server, import, run};

const MODEL: &str = concat!("exec:", env!("CARGO_MANIFEST_DIR"), "/tests/it/planned-model.sh");
/// Runs that live through the same servers.
const RUNS_AT_ONCE: u64 = 10;
/// A stream says something every 10 seconds.
const SILENCE: Duration = Duration::from_secs(30);

/// A person with a question, and what they saw of its run.
struct Client {
    run_id: RunId,
    question: String,
    dice: Dice,
    /// True once a server said that it has the question.
    accepted: bool,
    seen: Vec<RunEvent>,
}

impl Client {
    fn new(mut dice: Dice) -> Self {
        let rounds = dice.roll(4);
        let milliseconds = dice.roll(60);
        let end = ["answer", "answer", "answer", "lie", "ask", "fail"][dice.roll(6) as usize];
        Self {
            run_id: RunId::new(),
            question: format!("plan {rounds} 0.{milliseconds:03} {end}"),
            dice,
            accepted: false,
            seen: Vec::new(),
        }
    }

    fn has_ended(&self) -> bool {
        self.seen.last().is_some_and(|event| event.kind.is_terminal())
    }

    /// One server's life as this person sees it: asks, reads, perhaps cancels, until the run has ended
    /// or the server is gone.
    fn live(&mut self, address: &str) {
        for _ in 0..=self.dice.roll(2) {
            self.ask(address);
        }
        let cancels_after = self.dice.chance(25).then(|| self.dice.roll(150));
        std::thread::scope(|scope| {
            if let Some(after) = cancels_after {
                let path = format!("/api/runs/{}/cancel", self.run_id);
                scope.spawn(move || {
                    std::thread::sleep(Duration::from_millis(after));
                    request(address, "POST", &path, "{}")
                });
            }
            while self.accepted && !self.has_ended() && TcpStream::connect(address).is_ok() {
                self.read_for_a_while(address);
            }
        });
    }

    fn ask(&mut self, address: &str) {
        let body = json!({"run_id": self.run_id, "question": self.question, "modes": ["sql"]}).to_string();
        match request(address, "POST", "/api/projects/site/runs", &body) {
            Some((202, _)) => self.accepted = true,
            // The server died before it could say.
            None => {}
            Some((status, body)) => panic!("asking answered {status}: {body}"),
        }
    }

    /// Reads some events after the last position or one before it, then drops the connection.
    fn read_for_a_while(&mut self, address: &str) {
        let known = self.seen.len() as u64;
        let after = known - self.dice.roll(known + 1).min(3);
        let patience = 1 + self.dice.roll(12);
        let path = format!("/api/runs/{}/events", self.run_id);
        let Some(mut stream) = send(address, "GET", &path, &format!("Last-Event-ID: {after}\r\n"), "") else {
            return;
        };
        let Some(status) = status(&mut stream) else { return };
        assert_eq!(status, 200, "run {} was accepted and is gone", self.run_id);
        let data = stream
            .lines()
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("data:").map(str::to_owned));
        for (expected, data) in (after + 1..=after + patience).zip(data) {
            // A server that is killed may leave half a line.
            let Ok(event) = serde_json::from_str::<RunEvent>(&data) else {
                return;
            };
            assert_eq!(event.seq, expected, "a gap or a double event");
            match self.seen.get(event.seq as usize - 1) {
                Some(earlier) => assert_eq!(*earlier, event, "an event changed"),
                None => self.seen.push(event),
            }
            if self.has_ended() {
                return;
            }
        }
    }
}

/// Sends a request in the version of HTTP whose answers end with the connection.
fn send(address: &str, method: &str, path: &str, headers: &str, body: &str) -> Option<BufReader<TcpStream>> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(SILENCE)).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: {address}\r\n{headers}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .ok()?;
    Some(BufReader::new(stream))
}

/// Reads up to the end of the headers.
fn status(stream: &mut BufReader<TcpStream>) -> Option<u16> {
    let mut status = None;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            return status;
        }
        status = status.or_else(|| line.split(' ').nth(1)?.parse().ok());
    }
}

/// A whole answer; `None` where the server was gone before it was there.
fn request(address: &str, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
    let mut stream = send(address, method, path, "", body)?;
    let status = status(&mut stream)?;
    let mut body = String::new();
    stream.read_to_string(&mut body).ok()?;
    Some((status, body))
}

/// Some runs through up to five servers, of which the last one lives as long as it takes.
fn schedule(template: &Path, seed: u64) -> Vec<RunStatus> {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    copy(template, &data);
    let mut dice = Dice::new(seed);
    let mut clients: Vec<Client> = (0..RUNS_AT_ONCE)
        .map(|number| Client::new(Dice::new(seed * 1_000 + number)))
        .collect();
    for later_lives in (0..=dice.roll(5)).rev() {
        let server = Server::start_with(&data, &["--model", MODEL]);
        let address = server.address().to_owned();
        std::thread::scope(|scope| {
            for client in &mut clients {
                let address = &address;
                scope.spawn(move || client.live(address));
            }
            if later_lives > 0 {
                std::thread::sleep(Duration::from_millis(dice.roll(600)));
                server.end(if dice.chance(80) { "KILL" } else { "TERM" });
                return None;
            }
            Some(server)
        })
        .into_iter()
        .for_each(|server| server.end("TERM"));
    }
    let listed = run(&data, &["runs", "list", "--limit", "1000", "--json"]);
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    let listed = listed["data"].as_array().unwrap();
    assert_eq!(listed.len(), clients.len(), "a question that came twice is one run");
    assert!(listed.iter().all(|run| run["status"] != "running"), "{listed:?}");
    clients
        .iter()
        .map(|client| assert_run_promises(&client.seen).status)
        .collect()
}

#[expect(clippy::disallowed_methods, reason = "a copy of a folder is one program's work")]
fn copy(from: &Path, to: &Path) {
    let copied = std::process::Command::new("cp")
        .arg("-a")
        .args([from, to])
        .status()
        .unwrap();
    assert!(copied.success());
}

#[test]
fn schedules_over_real_servers_leave_every_run_with_one_end() {
    #[expect(clippy::disallowed_methods, reason = "the full count is chosen from outside")]
    let is_full = std::env::var_os("HEDGEROW_FULL").is_some_and(|value| value == "1");
    let template = tempfile::tempdir().unwrap();
    import(template.path());
    let mut ends = std::collections::BTreeMap::new();
    for seed in 0..if is_full { 200 } else { 20 } {
        // Shown where a check fails.
        println!("schedule {seed}");
        for status in schedule(template.path(), seed) {
            *ends.entry(format!("{status:?}")).or_insert(0) += 1;
        }
    }
    println!("{ends:?}");
    // The runs must not all take the same way out.
    for end in ["Answered", "Asked", "Cancelled", "Failed"] {
        assert!(ends.get(end).is_some_and(|count| *count >= 5), "{ends:?}");
    }
}
