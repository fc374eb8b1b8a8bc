//! Files as they are found on real servers.

use super::*;

fn line(second: u32, name: &str) -> String {
    format!("1.2.3.4 - - [18/May/2015:10:05:{second:02} +0000] \"GET /{name} HTTP/1.1\" 200 1 \"-\" \"A\"")
}

fn write(folder: &tempfile::TempDir, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs_err::write(&path, content).unwrap();
    path
}

/// The requests in the order they are read.
fn read(files: &[PathBuf]) -> (Vec<String>, Tally) {
    let mut tally = Tally::default();
    let mut logs = Logs::open(files, None, &mut tally).unwrap();
    let mut requests = Vec::new();
    while let Some(found) = logs.next(&mut tally).unwrap() {
        let range = found.fields.request.start as usize..found.fields.request.end as usize;
        requests.push(String::from_utf8_lossy(&found.raw[range]).into_owned());
    }
    (requests, tally)
}

#[test]
fn files_are_merged_by_time_in_whatever_order_they_are_given() {
    let folder = tempfile::tempdir().unwrap();
    let new = write(
        &folder,
        "access.log",
        format!("{}\n{}\n", line(3, "c"), line(5, "e")).as_bytes(),
    );
    let old = write(
        &folder,
        "access.log.1",
        format!("{}\n{}\n", line(1, "a"), line(4, "d")).as_bytes(),
    );
    let expected = [
        "GET /a HTTP/1.1",
        "GET /c HTTP/1.1",
        "GET /d HTTP/1.1",
        "GET /e HTTP/1.1",
    ];
    for files in [[new.clone(), old.clone()], [old, new]] {
        assert_eq!(read(&files).0, expected);
    }
}

#[test]
fn line_ends_and_blank_lines_are_no_part_of_lines() {
    let folder = tempfile::tempdir().unwrap();
    let content = format!("\u{feff}{}\r\n\n \r\n{}", line(1, "a"), line(2, "b"));
    let path = write(&folder, "access.log", content.as_bytes());
    let (requests, tally) = read(std::slice::from_ref(&path));
    assert_eq!(requests, ["GET /a HTTP/1.1", "GET /b HTTP/1.1"]);
    assert_eq!((tally.lines, tally.blank, tally.rejects.count()), (4, 2, 0));
    assert!(tally.notes[0].contains("no line end"), "{:?}", tally.notes);
    let mut logs = Logs::open(&[path], None, &mut Tally::default()).unwrap();
    assert_eq!(
        &*logs.next(&mut Tally::default()).unwrap().unwrap().raw,
        line(1, "a").as_bytes()
    );
}

#[test]
fn long_line_is_rejected_and_the_next_is_read() {
    let folder = tempfile::tempdir().unwrap();
    for length in [LONGEST_LINE + 1, LONGEST_LINE + 2, LONGEST_LINE + 3, 3 * LONGEST_LINE] {
        let content = format!("{}\n{}\n", "x".repeat(length), line(1, "a"));
        let (requests, tally) = read(&[write(&folder, "access.log", content.as_bytes())]);
        assert_eq!(requests, ["GET /a HTTP/1.1"], "{length}");
        assert_eq!(tally.rejects.reasons()[0].reason, "longer than 1 MB", "{length}");
        assert_eq!((tally.lines, tally.bytes), (2, content.len() as u64), "{length}");
    }
    let longest = format!("{}{}", line(1, "a"), "x".repeat(LONGEST_LINE - line(1, "a").len()));
    let (requests, _) = read(&[write(&folder, "access.log", format!("{longest}\r\n").as_bytes())]);
    assert_eq!(requests.len(), 1);
}

#[test]
fn compressed_file_is_refused_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(&folder, "access.log.gz", b"\x1f\x8b\x08\0");
    let error = Logs::open(&[path], None, &mut Tally::default()).err().unwrap();
    assert!(error.hint().unwrap().contains("gunzip"), "{error}");
}

#[test]
fn file_given_twice_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(&folder, "access.log", format!("{}\n", line(1, "a")).as_bytes());
    let (requests, tally) = read(&[path.clone(), folder.path().join(".").join("access.log")]);
    assert_eq!(requests.len(), 1);
    assert!(tally.notes[0].contains("more than once"));
}

#[test]
fn pipe_is_read_when_its_log_is_named() {
    use std::io::Write;
    use std::os::fd::AsRawFd;
    let path_of = |end: &std::io::PipeReader| PathBuf::from(format!("/proc/self/fd/{}", end.as_raw_fd()));
    let (end, mut writer) = std::io::pipe().unwrap();
    writeln!(writer, "{}", line(1, "a")).unwrap();
    let error = Logs::open(&[path_of(&end)], None, &mut Tally::default()).err().unwrap();
    assert!(error.hint().unwrap().contains("--source"), "{error}");

    let (end, mut writer) = std::io::pipe().unwrap();
    writeln!(writer, "{}", line(1, "a")).unwrap();
    drop(writer);
    let mut tally = Tally::default();
    let twice = [path_of(&end), path_of(&end)];
    let mut logs = Logs::open(&twice, Some("access.log"), &mut tally).unwrap();
    assert_eq!((logs.source(0), logs.bytes_total), ("access.log", 0));
    assert!(logs.next(&mut tally).unwrap().is_some() && logs.next(&mut tally).unwrap().is_none());
    assert!(tally.notes[0].contains("more than once"), "{:?}", tally.notes);
}

#[test]
fn hard_link_is_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(&folder, "access.log", format!("{}\n", line(1, "a")).as_bytes());
    let link = folder.path().join("other.log");
    fs_err::hard_link(&path, &link).unwrap();
    assert_eq!(read(&[path, link]).0.len(), 1);
}

#[test]
fn missing_file_is_named_with_those_like_it() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, "access.log", b"");
    let open = |name: &str| {
        Logs::open(&[folder.path().join(name)], None, &mut Tally::default())
            .err()
            .unwrap()
    };
    let error = open("acces.log");
    assert!(error.message().contains("acces.log"), "{error}");
    assert_eq!(error.hint(), Some("did you mean access.log?"));
    assert!(open("zzz").hint().unwrap().contains("check"), "{error}");
    assert!(open("").message().ends_with("is a folder"));
}
