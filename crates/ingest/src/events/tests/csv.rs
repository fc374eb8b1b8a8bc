//! CSV as databases, spreadsheets and PostHog write it.

use super::*;

const TYPED: &str = "\u{feff}event,User ID,created_at,count,price,zip,vip,huge,mixed,amount,amount,empty,late\r\n\
view,u1,2024-05-18 10:05:03,1,1.5,01234,true,9223372036854775808,1,1,2,,\r\n\
\r\n\
\"buy, \"\"now\"\"\",u2,2024-05-18T10:05:04Z,2,2,12345,FALSE,1,x,,3,,\r\n\
view,u1,1716026705,-3,0.25,00501,true,2,true,1,,,\r\n\
\"two\nlines\",u3,2024-05-18,4,,,,,,,,,\r\n";

#[test]
fn columns_have_one_type_each() {
    let import = Import::with(&[("typed.csv", TYPED.as_bytes())]);
    let summary = import.run(EventFormat::Csv, &["typed.csv"], &import.options()).unwrap();
    assert!(accounted(&summary));
    insta::assert_snapshot!("csv_typed", format!("{}\n{}", import.shown(&summary), import.events()));
    let again = import.run(EventFormat::Csv, &["typed.csv"], &import.options()).unwrap();
    assert_eq!((again.events_added, again.already_present), (0, 4));
}

#[test]
fn later_cells_that_do_not_fit_stay_text() {
    let mut content = String::from("event,distinct_id,timestamp,n,late\n");
    for n in 0..1500 {
        content.push_str(&format!("e,u,{n},{n},\n"));
    }
    content.push_str("e,u,1501,1.5,7\ne,u,1502,007,seven\ne,u,1503,8,8\n");
    let import = Import::with(&[("late.csv", content.as_bytes())]);
    let summary = import.run(EventFormat::Csv, &["late.csv"], &import.options()).unwrap();
    let shown = import.events();
    let last: Vec<&str> = shown.lines().skip(3000).filter(|line| line.starts_with(' ')).collect();
    assert_eq!(
        last,
        [
            "  late integer 7",
            "  n text \"1.5\"",
            "  late text \"seven\"",
            "  n text \"007\"",
            "  late integer 8",
            "  n integer 8"
        ]
    );
    let unfit: Vec<&String> = summary
        .notes
        .iter()
        .filter(|note| note.contains("kept as text"))
        .collect();
    assert_eq!(unfit.len(), 2, "{:?}", summary.notes);
}

const EXPORT: &str = r#"uuid,event,properties,timestamp,distinct_id,elements_chain,person_id,created_at,ip,plan
0198c000-0000-7000-8000-000000000001,order placed,"{""amount"": 42.5, ""$session_id"": ""s1"", ""items"": [1, 2], ""token"": ""t"", ""plan"": ""inner""}",2026-11-01 12:00:00.250000+00:00,user-1,a:1,p1,2026-11-01,,outer
0198C000000070008000000000000002,order placed,,2026-11-01 12:00:00.5+00,user-1,,p1,2026-11-01,10.0.0.1,
order-3,order placed,"{""plan"":""inner""}",2026-11-01 12:00:01+00,user-2,,p1,2026-11-01,,
0198c000-0000-7000-8000-000000000004,bad properties,"{""plan"":",2026-11-01 12:00:01+00,user-2,,p1,2026-11-01,,
too,few
too,many,,,,,,,,,,
,no time,,,user-2,,,,,
,,,2026-11-01,user-2,,,,,
,no id,,2026-11-01,,,,,,
"#;

#[test]
fn export_of_posthog_is_spread() {
    let import = Import::with(&[("export.csv", EXPORT.as_bytes())]);
    let summary = import
        .run(EventFormat::Csv, &["export.csv"], &import.options())
        .unwrap();
    assert!(accounted(&summary));
    insta::assert_snapshot!("csv_export", format!("{}\n{}", import.shown(&summary), import.events()));
}

#[test]
fn rejects_file_has_the_records() {
    let content = b"event;distinct_id;timestamp;note\ne;u;2024-05-18;\"a;b\"\ne;u;noon;\"a;b\"\ne;u\xff;2024-05-18;\ne;\xc3;\xa9;\n";
    let import = Import::with(&[("a.csv", content)]);
    let rejects_path = import.folder.path().join("rejects.tsv");
    let options = EventOptions {
        rejects_path: Some(rejects_path.clone()),
        ..import.options()
    };
    let summary = import.run(EventFormat::Csv, &["a.csv"], &options).unwrap();
    assert_eq!((summary.events_added, summary.rejected), (1, 3));
    assert!(summary.notes[0].contains("';'"), "{:?}", summary.notes);
    let written = fs_err::read(&rejects_path).unwrap();
    let written = String::from_utf8_lossy(&written);
    let lines: Vec<&str> = written.lines().skip(1).collect();
    assert_eq!(lines[0], "3\ta timestamp in no known form\te;u;noon;\"a;b\"");
    assert!(lines[1].starts_with("4\tnot in UTF-8\t") && lines[2].starts_with("5\tnot in UTF-8\t"));
}

#[test]
fn a_quote_that_is_never_closed_takes_no_rows_with_it_unsaid() {
    let rows = |note: &str, end: &str| {
        let rows: String = (0..20)
            .map(|n| format!("e,u,{n},{}\n", if n == 5 { note } else { "fine" }))
            .collect();
        format!("event,distinct_id,timestamp,note\n{rows}e,u,20,{end}")
    };
    for (content, events, rejected) in [
        (rows("\"open", "fine\n"), 5, 1),
        (rows("\"open", "fine"), 5, 1),
        (rows("\"closed\"", "\"two\nlines\"\r\n"), 21, 0),
        (rows("5\" wide", "\"two\nlines\""), 21, 0),
    ] {
        let import = Import::with(&[("quotes.csv", content.as_bytes())]);
        let summary = import
            .run(EventFormat::Csv, &["quotes.csv"], &import.options())
            .unwrap();
        assert!(accounted(&summary));
        assert_eq!(
            (summary.events_added, summary.rejected),
            (events, rejected),
            "{content}"
        );
    }
}

#[test]
fn files_without_what_is_needed_are_refused() {
    let open_quote = format!("event,user,time\ne,u,1\ne,\"{}", "x,\n".repeat(8_000_000));
    let cases: [(&str, &str, &str); 5] = [
        ("", "no header", "first row"),
        ("event,user,day of it\n", "looks like a timestamp", "--timestamp"),
        ("event,who,time\n", "looks like a distinct id", "--distinct-id"),
        ("user,time\n", "looks like an event name", "--event-name"),
        (&open_quote, "at line 3", "quotes"),
    ];
    for (content, message, hint) in cases {
        let import = Import::with(&[("a.csv", content.as_bytes())]);
        let error = import.run(EventFormat::Csv, &["a.csv"], &import.options()).unwrap_err();
        assert!(error.chain().contains(message), "{}", error.chain());
        assert!(error.hint().unwrap().contains(hint), "{error:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_rows_are_accounted_for(
        rows in proptest::collection::vec("[a-z0-9,;\"\n .-]{0,30}|e,u,2024-05-18,[0-9.]{0,4}", 0..8),
        junk in proptest::collection::vec(any::<u8>(), 0..30),
    ) {
        let mut content = format!("event,user,time,n\n{}\n", rows.join("\n")).into_bytes();
        content.extend(junk);
        let import = Import::with(&[("a.csv", &content)]);
        if let Ok(summary) = import.run(EventFormat::Csv, &["a.csv"], &import.options()) {
            prop_assert!(accounted(&summary), "{:?}", summary);
        }
    }
}
