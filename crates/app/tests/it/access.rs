//! What use cases refuse, and what lists leave out; members and keys.

use chrono::TimeDelta;
use hedgerow_agent_api::{
    AccessStore as _, ActivityFilter, Actor, NewRun, ObjectChange, ObjectState, ObjectStore as _, ObjectWrite,
    Principal, Progress, Role, RunLog as _, Surface,
};
use hedgerow_app::{App, AskInput, KeyInput, ToolCall};
use hedgerow_data_api::{CheckOptions, Clock, Export, ExportFormat, SqlQuery};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ConversationId, ProjectId, RunId};
use hedgerow_testkit::{FakeTool, text};
use serde_json::json;

use crate::support::{Fixture, project};

fn principal(role: Role, scopes: Option<&[&str]>, projects: Option<&[&str]>) -> Principal {
    let scopes = scopes.map(|scopes| scopes.iter().map(|scope| scope.parse().unwrap()).collect());
    let projects = projects.map(|projects| projects.iter().map(|name| name.parse().unwrap()).collect());
    let name = "ann".to_owned();
    Principal {
        name,
        role,
        scopes,
        projects,
    }
}

fn key(name: &str, role: Role) -> KeyInput {
    KeyInput {
        name: name.into(),
        role,
        scopes: None,
        projects: None,
        member: None,
        expires_in: None,
    }
}

fn code<T>(result: Result<T>) -> Option<Code> {
    result.err().map(|error| error.code())
}

fn is_denied<T>(result: Result<T>) -> bool {
    code(result) == Some(Code::Denied)
}

/// What each use case answers to a principal: the name of its right, and whether it was denied.
async fn denials(app: &App, run_id: RunId) -> Vec<(&'static str, bool)> {
    let site = project();
    let sql: SqlQuery = serde_json::from_value(json!({"query": "SELECT 1"})).unwrap();
    let trends = serde_json::from_value(json!({"series": [{"event": "$pageview"}]})).unwrap();
    let call = ToolCall {
        project: site.clone(),
        name: "count".into(),
        arguments: json!({}),
        surface: Surface::Cli,
        approved: true,
        progress: Progress::ignore(),
    };
    let of_all = ActivityFilter::default();
    let ask = AskInput::new(site.clone(), "", Surface::Cli);
    let good = serde_json::from_value(json!({"rating": "good"})).unwrap();
    let export = hedgerow_app::ExportInput {
        project: site.clone(),
        export: Export {
            format: ExportFormat::Jsonl,
            events: Vec::new(),
        },
        file: None,
    };
    vec![
        ("project:read", is_denied(app.projects().await)),
        ("taxonomy:read", is_denied(app.taxonomy(&site).await)),
        ("taxonomy:read", is_denied(app.suggestions(&site, None).await)),
        (
            "taxonomy:read",
            is_denied(app.property_values(&site, "$browser", "", 5).await),
        ),
        ("query:read", is_denied(app.query(&site, &trends).await)),
        ("query:read", is_denied(app.explain(&site, &trends).await)),
        (
            "query:read",
            is_denied(app.kept_query(&site, hedgerow_ids::QueryId::new()).await),
        ),
        (
            "query:read",
            is_denied(app.reopen(&site, hedgerow_ids::QueryId::new(), None).await),
        ),
        (
            "query:read",
            is_denied(app.explain_kept(&site, hedgerow_ids::QueryId::new(), None).await),
        ),
        ("query:read", is_denied(app.sql(&site, &sql).await)),
        ("query:read", is_denied(app.sql_arrow(&site, &sql).await)),
        ("query:read", is_denied(app.call_tool(&call).await)),
        ("query:read", is_denied(app.preview_tool(&call).await)),
        ("product:read", is_denied(app.tools(None).await)),
        ("product:read", is_denied(app.describe_tool("count", None).await)),
        ("product:read", is_denied(app.products(None).await)),
        ("product:read", is_denied(app.declared_products(None))),
        ("note:read", is_denied(app.objects(&site, Some("note")).await)),
        ("activity:read", is_denied(app.activity(&site, &of_all).await)),
        ("run:write", is_denied(app.start_run(ask).await)),
        ("run:read", is_denied(app.runs(Some(&site), 5).await)),
        ("run:read", is_denied(app.run_thread(run_id).await)),
        ("run:read", is_denied(app.run_events(run_id, 0).await)),
        ("run:read", is_denied(app.follow_run(run_id, 0).await)),
        ("run:read", is_denied(app.diff_runs(run_id, run_id).await)),
        ("run:write", is_denied(app.cancel_run(run_id).await)),
        ("run:write", is_denied(app.give_feedback(run_id, good).await)),
        ("run:read", is_denied(app.feedback(run_id).await)),
        ("person:read", is_denied(app.persons(&site, "", 5).await)),
        ("person:read", is_denied(app.person(&site, "ann").await)),
        ("person:admin", is_denied(app.delete_person(&site, "ann").await)),
        ("event:read", is_denied(app.export(&export, &|_| Ok(()), &|_| {}).await)),
        ("event:write", is_denied(app.import_world(&site, 1, 1, &|_| {}).await)),
        ("key:read", is_denied(app.keys().await)),
        ("key:admin", is_denied(app.revoke_key("nobody").await)),
        ("member:read", is_denied(app.members().await)),
        ("member:admin", is_denied(app.remove_member("nobody").await)),
        (
            "storage:read",
            is_denied(app.doctor(Some(&site), CheckOptions::default(), &|_| Ok(())).await),
        ),
        ("storage:admin", is_denied(app.backup("/".as_ref(), Some(&site)).await)),
    ]
}

async fn run_in(fixture: &Fixture, name: &str, second: u32) -> RunId {
    let run_id = RunId::new();
    let run = NewRun {
        run_id,
        conversation_id: ConversationId::new(),
        project: name.parse().unwrap(),
        question: "How many?".into(),
        started_at: format!("2015-05-21T00:00:{second:02}Z").parse().unwrap(),
    };
    fixture.run_log.create(run).await.unwrap();
    run_id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_use_case_checks_its_right() {
    let fixture = Fixture::new(vec![text("None.")]).tool(FakeTool::counting("count"));
    let app = fixture.app();
    let run_id = run_in(&fixture, "site", 1).await;
    // The rights of the roles as lists, so that no line of the product's table is used to check it.
    let viewer = [
        "project", "taxonomy", "query", "product", "note", "activity", "run", "person", "event",
    ];
    let may = |role: Role, right: &str| {
        let (resource, level) = right.split_once(':').unwrap();
        match role {
            Role::Owner => true,
            Role::Admin => resource != "storage",
            Role::Member => viewer.contains(&resource) && (level == "read" || right == "run:write"),
            Role::Viewer => viewer.contains(&resource) && level == "read",
        }
    };
    let mut checked = 0;
    for role in Role::ALL {
        for (right, denied) in denials(&app.as_principal(principal(role, None, None)), run_id).await {
            assert_eq!(denied, !may(role, right), "{role} {right}");
            checked += 1;
        }
        // Another project's key, where a project plays a part.
        for (right, denied) in denials(&app.as_principal(principal(role, None, Some(&["other"]))), run_id).await {
            let of_project = !["project", "product", "key", "member"]
                .iter()
                .any(|name| right.starts_with(name));
            assert_eq!(denied, of_project || !may(role, right), "{role} {right} elsewhere");
            checked += 1;
        }
    }
    for (right, denied) in denials(
        &app.as_principal(principal(Role::Owner, Some(&["run:write"]), None)),
        run_id,
    )
    .await
    {
        assert_eq!(denied, !right.starts_with("run:"), "{right}");
        checked += 1;
    }
    assert!(checked > 250, "{checked}");
}

#[tokio::test]
async fn lists_of_runs_show_what_the_caller_sees() {
    let fixture = Fixture::new(Vec::new());
    let mut runs = Vec::new();
    for (second, name) in ["a", "b", "a", "c", "b"].into_iter().enumerate() {
        runs.push(run_in(&fixture, name, second as u32).await);
    }
    let app = fixture.app();
    let listed = async |projects: Option<&[&str]>, limit| {
        let app = app.as_principal(principal(Role::Viewer, None, projects));
        let runs = app.runs(None, limit).await.unwrap();
        runs.into_iter().map(|run| run.run_id).collect::<Vec<_>>()
    };
    let [a1, b1, a2, c1, b2] = runs[..] else {
        panic!("five runs were made")
    };
    assert_eq!(listed(None, 9).await, [b2, c1, a2, b1, a1]);
    assert_eq!(listed(Some(&["a", "b"]), 9).await, [b2, a2, b1, a1]);
    assert_eq!(listed(Some(&["a", "c"]), 2).await, [c1, a2]);
    assert_eq!(listed(Some(&[]), 9).await, []);
    let app = app.as_principal(principal(Role::Owner, None, Some(&["a"])));
    assert!(is_denied(app.run_thread(b1).await));
    let mut input = AskInput::new(project(), "And then?", Surface::Http);
    input.continues = Some(b1);
    assert!(
        is_denied(app.start_run(input).await),
        "nobody goes on from what they can't read"
    );
    assert_eq!(app.projects().await.unwrap(), []);
}

#[tokio::test]
async fn objects_and_changes_are_shown_and_undone_by_kind() {
    let fixture = Fixture::new(Vec::new());
    let objects = fixture.run_log.objects();
    let mut changes = Vec::new();
    for (kind, name) in [("note", "a"), ("flag", "b"), ("note", "c")] {
        let (name, body) = (name.to_owned(), json!({}));
        let write = ObjectWrite {
            project: project(),
            actor: Actor::Person { name: "local".into() },
            at: fixture.app().clock().now(),
            changes: vec![ObjectChange::create(kind, ObjectState { name, body })],
        };
        changes.extend(objects.write(write).await.unwrap());
    }
    let app = |scopes: &[&str]| fixture.app().as_principal(principal(Role::Owner, Some(scopes), None));
    let notes = app(&["note:write", "activity:read"]);
    let names = async |app: &App| {
        let objects = app.objects(&project(), None).await.unwrap();
        objects.into_iter().map(|object| object.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&notes).await, ["a", "c"]);
    assert_eq!(names(&app(&[])).await, Vec::<String>::new());
    assert!(is_denied(notes.objects(&project(), Some("flag")).await));
    assert!(is_denied(notes.object(&project(), changes[1].object_id).await));
    let newest = ActivityFilter {
        limit: Some(2),
        ..ActivityFilter::default()
    };
    let shown = notes.activity(&project(), &newest).await.unwrap();
    // The limit counts what is shown: the flag between the two notes is none of it.
    assert_eq!(
        shown.iter().map(|change| change.id).collect::<Vec<_>>(),
        [changes[2].id, changes[0].id]
    );
    assert!(is_denied(notes.undo_change(&project(), changes[1].id).await));
    assert!(is_denied(
        app(&["note:read"]).undo_change(&project(), changes[0].id).await
    ));
    // Who may not undo is not told what it would do.
    assert!(is_denied(notes.plan_undo_change(&project(), changes[1].id).await));
    let plan = notes.plan_undo_change(&project(), changes[0].id).await.unwrap();
    assert_eq!((plan.changes.len(), plan.conflicts.len()), (1, 0));
    let undone = notes.undo_change(&project(), changes[0].id).await.unwrap();
    assert_eq!(undone.actor, Actor::Person { name: "ann".into() });
}

#[tokio::test]
async fn a_key_opens_until_it_is_revoked_or_expires() {
    let fixture = Fixture::new(Vec::new());
    let app = fixture.app();
    let created = app
        .create_key(KeyInput {
            scopes: Some(vec!["run:read".parse().unwrap()]),
            projects: Some(vec![project()]),
            expires_in: Some(TimeDelta::days(1)),
            ..key("ci", Role::Member)
        })
        .await
        .unwrap();
    assert!(
        created.secret.starts_with("hr_") && created.secret.len() == 35,
        "{}",
        created.secret
    );
    assert!(created.secret.starts_with(&created.key.prefix));
    let who = app.principal_of_key(&created.secret).await.unwrap();
    assert_eq!(
        (who.name.as_str(), who.role, who.projects),
        ("ci", Role::Member, Some(vec![project()]))
    );
    let listed = app.keys().await.unwrap();
    assert_eq!(listed[0].last_used_at, Some(app.clock().now()));
    assert!(
        !serde_json::to_string(&listed).unwrap().contains(&created.secret[7..]),
        "a key is shown once"
    );

    for wrong in [
        "",
        "hr_",
        &created.secret[..34],
        &created.secret.replace("hr_", "HR_"),
        &format!("{}x", created.secret),
    ] {
        assert!(is_denied(app.principal_of_key(wrong).await), "{wrong:?}");
    }
    assert_eq!(
        code(app.create_key(key("ci", Role::Viewer)).await),
        Some(Code::Conflict)
    );

    // The store's own clock decides, and no caller's.
    let later: Clock = Clock::fixed("2015-05-22T00:00:00Z".parse().unwrap());
    assert!(app.at(later.clone()).principal_of_key(&created.secret).await.is_ok());
    assert!(is_denied(fixture.app_at(later).principal_of_key(&created.secret).await));

    app.revoke_key("ci").await.unwrap();
    let revoked = app.principal_of_key(&created.secret).await.unwrap_err();
    assert!(revoked.message().contains("revoked"), "{revoked}");
    let unknown = app.revoke_key("ci").await.unwrap_err();
    assert_eq!(unknown.code(), Code::UnknownName, "a revoked key's name is free");
    app.revoke_key(&created.key.id.to_string()).await.unwrap();
    app.create_key(key("ci", Role::Viewer)).await.unwrap();
}

#[tokio::test]
async fn bad_input_for_keys_and_members_is_refused_with_the_way_out() {
    let app = Fixture::new(Vec::new()).app();
    let with = |change: &dyn Fn(&mut KeyInput)| {
        let mut input = key("ci", Role::Member);
        change(&mut input);
        input
    };
    let cases: [(KeyInput, Code, &str); 8] = [
        (with(&|key| key.name = String::new()), Code::InvalidArgument, "name"),
        (with(&|key| key.name = " ci".into()), Code::InvalidArgument, "name"),
        (with(&|key| key.name = "c\ni".into()), Code::InvalidArgument, "name"),
        (with(&|key| key.name = "local".into()), Code::InvalidArgument, "local"),
        (
            with(&|key| key.scopes = Some(vec!["taxonmy:read".parse().unwrap()])),
            Code::UnknownName,
            "taxonmy",
        ),
        (
            with(&|key| key.projects = Some(vec!["sitee".parse().unwrap()])),
            Code::UnknownName,
            "sitee",
        ),
        (
            with(&|key| key.member = Some("nobody".into())),
            Code::UnknownName,
            "nobody",
        ),
        (
            with(&|key| key.expires_in = Some(TimeDelta::zero())),
            Code::InvalidArgument,
            "expire",
        ),
    ];
    for (input, code, says) in cases {
        let error: Error = app.create_key(input).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.message().contains(says), "{error}");
        assert!(error.hint().is_some(), "{error}");
    }
    assert_eq!(app.keys().await.unwrap(), []);
    assert_eq!(
        code(app.add_member("local", Role::Viewer, None).await),
        Some(Code::InvalidArgument)
    );
    let elsewhere: ProjectId = "elsewhere".parse().unwrap();
    assert_eq!(
        code(app.add_member("ann", Role::Viewer, Some(vec![elsewhere])).await),
        Some(Code::UnknownName)
    );
}

#[tokio::test]
async fn nobody_makes_or_takes_a_key_that_may_more_than_they() {
    let fixture = Fixture::new(Vec::new());
    let local = fixture.app();
    local.create_key(key("owners", Role::Owner)).await.unwrap();
    local.create_key(key("viewers", Role::Viewer)).await.unwrap();
    let admin = local.as_principal(principal(Role::Admin, None, None));
    assert!(is_denied(admin.create_key(key("more", Role::Owner)).await));
    assert!(is_denied(admin.revoke_key("owners").await));
    assert!(is_denied(admin.add_member("eve", Role::Owner, None).await));
    let listed = admin.keys().await.unwrap();
    assert_eq!(
        listed.iter().map(|key| key.name.as_str()).collect::<Vec<_>>(),
        ["viewers"]
    );
    let scoped = local.as_principal(principal(Role::Owner, Some(&["key:admin", "run:read"]), None));
    assert!(is_denied(scoped.create_key(key("more", Role::Viewer)).await));
    let input = KeyInput {
        scopes: Some(vec!["run:read".parse().unwrap()]),
        ..key("as much", Role::Owner)
    };
    assert_eq!(scoped.create_key(input).await.unwrap().key.created_by, "ann");
    let narrow = local.as_principal(principal(Role::Admin, None, Some(&["site"])));
    assert!(is_denied(narrow.create_key(key("everywhere", Role::Viewer)).await));
    let input = KeyInput {
        projects: Some(vec![project()]),
        ..key("here", Role::Viewer)
    };
    narrow.create_key(input).await.unwrap();
    assert!(is_denied(narrow.revoke_key("viewers").await));
}

#[tokio::test]
async fn a_members_key_is_never_more_than_the_member() {
    let fixture = Fixture::new(Vec::new());
    let app = fixture.app();
    app.add_member("ann", Role::Member, Some(vec![project()]))
        .await
        .unwrap();
    let of_ann = |name: &str, role| KeyInput {
        member: Some("ann".into()),
        projects: Some(vec![project()]),
        ..key(name, role)
    };
    assert!(is_denied(app.create_key(of_ann("more", Role::Admin)).await));
    let wide = KeyInput {
        projects: None,
        ..of_ann("wide", Role::Viewer)
    };
    assert!(is_denied(app.create_key(wide).await));
    let made = app.create_key(of_ann("laptop", Role::Member)).await.unwrap();
    let who = app.principal_of_key(&made.secret).await.unwrap();
    assert_eq!((who.name.as_str(), who.role), ("ann", Role::Member));

    // Added anew with less, the member is what counts; here through the store, since removing revokes.
    let other = KeyInput {
        member: None,
        projects: None,
        ..of_ann("other", Role::Member)
    };
    let other = app.create_key(other).await.unwrap();
    let removed = app.remove_member("ann").await.unwrap();
    assert_eq!(removed.keys_revoked.len(), 1);
    assert!(is_denied(app.principal_of_key(&made.secret).await));
    assert!(app.principal_of_key(&other.secret).await.is_ok());
    assert_eq!(fixture.access.members().await.unwrap(), []);
    assert_eq!(code(app.remove_member("ann").await), Some(Code::UnknownName));
}
