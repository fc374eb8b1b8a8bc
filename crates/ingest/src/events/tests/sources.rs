//! Files by name and pattern, compressed ones, pipes.

use std::io::Write as _;
use std::os::fd::AsRawFd as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn lines(from: u32, to: u32) -> String {
    (from..to).fold(String::new(), |mut lines, n| {
        writeln!(
            lines,
            "{{\"uuid\":\"id {n}\",\"event\":\"e\",\"distinct_id\":\"u\",\"timestamp\":{n}}}"
        )
        .unwrap();
        lines
    })
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn compressed_files_are_known_by_their_content() {
    // Two members and two frames, as they come of files put together.
    let gz = [gzip(&lines(0, 10)), gzip(&lines(10, 20))].concat();
    let zst = [20, 30]
        .map(|from| ::zstd::encode_all(lines(from, from + 10).as_bytes(), 1).unwrap())
        .concat();
    let import = Import::with(&[
        ("a.jsonl", &gz),
        ("b.txt", &zst),
        ("c.gz", lines(40, 50).as_bytes()),
        ("d.bz2", b"BZh91AY"),
    ]);
    let summary = import
        .run(EventFormat::Jsonl, &["a.jsonl", "b.txt", "c.gz"], &import.options())
        .unwrap();
    assert_eq!((summary.events_added, summary.files), (50, 3));
    let error = import
        .run(EventFormat::Jsonl, &["d.bz2"], &import.options())
        .unwrap_err();
    assert!(error.hint().unwrap().contains("bunzip2"), "{error:?}");
    // Found out at the first look, and long after it.
    let long = gzip(&lines(0, 100_000));
    for cut in [&gz[..gz.len() / 3], &long[..long.len() / 10 * 9]] {
        let import = Import::with(&[("cut.gz", cut)]);
        let error = import
            .run(EventFormat::Jsonl, &["cut.gz"], &import.options())
            .unwrap_err();
        assert!(
            error.message().contains("cut.gz") && error.hint().unwrap().contains("whole"),
            "{error:?}"
        );
    }
}

#[test]
fn patterns_name_files_once_each() {
    let import = Import::with(&[
        ("a-1.jsonl", lines(0, 10).as_bytes()),
        ("a-2.jsonl", lines(10, 20).as_bytes()),
        ("b[1].jsonl", lines(20, 30).as_bytes()),
    ]);
    let summary = import
        .run(
            EventFormat::Jsonl,
            &["a-2.jsonl", "a-*.jsonl", "./a-1.jsonl", "b[1].jsonl"],
            &import.options(),
        )
        .unwrap();
    assert_eq!((summary.files, summary.events_added), (3, 30));
    let twice = summary
        .notes
        .iter()
        .filter(|note| note.contains("given more than once"));
    assert_eq!(twice.count(), 2, "{:?}", summary.notes);
    for (pattern, part) in [
        ("c-*.jsonl", "no file matches"),
        ("a-[.jsonl", "as a pattern"),
        (".", "is a folder"),
    ] {
        let error = import
            .run(EventFormat::Jsonl, &[pattern], &import.options())
            .unwrap_err();
        assert!(error.message().contains(part), "{error}");
    }
}

#[test]
fn folder_with_signs_of_a_pattern_is_taken_as_it_is() {
    let import = Import::new();
    let folder = import.folder.path().join("[x]*");
    fs_err::create_dir(&folder).unwrap();
    fs_err::write(folder.join("a.jsonl"), lines(0, 10)).unwrap();
    let options = EventOptions {
        folder,
        ..import.options()
    };
    assert_eq!(
        import
            .run(EventFormat::Jsonl, &["*.jsonl"], &options)
            .unwrap()
            .events_added,
        10
    );
}

#[test]
fn pipes_are_read_once_and_whole() {
    for (format, header) in [(EventFormat::Jsonl, ""), (EventFormat::Csv, "event,user,time\n")] {
        let import = Import::new();
        let (reader, mut pipe) = std::io::pipe().unwrap();
        let path = format!("/dev/fd/{}", reader.as_raw_fd());
        let content = match format {
            EventFormat::Jsonl => lines(0, 50_000),
            _ => (0..200_000).fold(header.to_owned(), |mut rows, n| {
                writeln!(rows, "e,u{n},{n}").unwrap();
                rows
            }),
        };
        let expected = content.lines().count() as u64 - u64::from(!header.is_empty());
        let writer = std::thread::spawn(move || pipe.write_all(content.as_bytes()).unwrap());
        let summary = import.run(format, &[&path], &import.options()).unwrap();
        writer.join().unwrap();
        assert_eq!((summary.events_added, summary.rejected), (expected, 0), "{summary:?}");
    }
}

#[test]
fn progress_ends_with_everything_read() {
    let gz = gzip(&lines(0, 1000));
    let import = Import::with(&[("a.gz", &gz), ("b.jsonl", lines(1000, 2000).as_bytes())]);
    let reports = std::sync::Mutex::new(Vec::new());
    let events = OpenEvents::open(
        EventFormat::Jsonl,
        &["a.gz".into(), "b.jsonl".into()],
        &import.options(),
    )
    .unwrap();
    assert_eq!(events.notes().len(), 2);
    let (project, report) = ("demo".parse().unwrap(), |progress: ImportProgress| {
        reports.lock().unwrap().push(progress);
    });
    fn assert_send<T: Send>(value: T) -> T {
        value
    }
    block_on(assert_send(events.import(&import.sink, &project, &report))).unwrap();
    let reports = reports.into_inner().unwrap();
    let last = reports.last().unwrap();
    assert_eq!((last.lines, last.events_added), (2000, 2000));
    assert_eq!(
        (last.bytes_read, last.bytes_total),
        (last.bytes_total, gz.len() as u64 + lines(1000, 2000).len() as u64)
    );
    assert!(reports.is_sorted_by_key(|report| (report.bytes_read, report.events_added)));
}
