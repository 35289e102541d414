//! A campaign made, filled, changed and put on the calendar from a shell.

use http::Method;
use serde_json::{Value, json};

use crate::{
    rig::{Node, NodeSettings, Sandbox, Tempo, answered},
    shell::{said, told},
};

/// Four people can be called, one row repeats a number, one has none.
const LIST: &str = "name,business_name,phone\n\
    Ann Lee,Lee's,(201) 555-0100\nBob Ray,Ray's,(201) 555-0101\nCleo Fox,Fox's,(201) 555-0102\n\
    Ann again,Lee's,201 555 0100\nDan Oak,Oak's,(201) 555-0103\nEve Ash,Ash's,nobody knows\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_list_becomes_a_campaign_from_a_shell() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("made.db").display());
    let tempo = Tempo::new(60.0);
    let sandbox = Sandbox::start(tempo, 4, "none", 11).await;
    let node = Node::start(&NodeSettings::new(&database, &sandbox, tempo, 4)).await;
    node.import_assistant().await;
    let written = |name: &str, list: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, list).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    };
    let file = written("list.csv", LIST);

    // Without a name the list is only checked, and what is said about a campaign is not passed over in silence.
    let (done, words) = said(&node, &["import", &file, "--region", "US"]).await;
    assert!(
        done && words.contains("6 rows: 4 accepted, 1 rejected, 1 duplicates."),
        "{words}"
    );
    let (done, words) = said(&node, &["import", &file, "--cap", "3"]).await;
    assert!(!done && words.contains("--name and --assistant"), "{words}");
    let named = [
        "import",
        &file,
        "--name",
        "Made",
        "--assistant",
        sandbox::DEFAULT_ASSISTANT_ID,
    ];
    let dry = [&named[..], &["--region", "US", "--dry-run"]].concat();
    told(&node, &dry).await;
    assert_eq!(
        told(&node, &["campaign", "list"]).await["total"],
        0,
        "nothing is stored"
    );
    let caller = [
        "--number",
        sandbox::DEFAULT_PHONE_NUMBER_ID,
        "--number",
        sandbox::SECOND_PHONE_NUMBER_ID,
    ];
    // Nobody's country is assumed.
    let (done, words) = said(&node, &[&named[..], &caller, &["--region", "none"]].concat()).await;
    assert!(!done && words.contains("Not one row"), "{words}");

    let order = [
        "--mode",
        "batch",
        "--batch-size",
        "2",
        "--quiet-line",
        "--cap",
        "3",
        "--priority",
        "-7",
    ];
    let rest = ["--policy", "us-strict", "--region", "US"];
    let made = told(&node, &[&named[..], &order, &caller, &rest].concat()).await;
    assert_eq!(made["report"]["accepted"], 4, "{made:#}");
    let id = made["campaign"]["id"].as_str().expect("an id").to_owned();
    let campaign = node.campaign(&id).await;
    let fields = [
        "status",
        "mode",
        "batch_size",
        "quiet_line_gate",
        "cap",
        "priority",
        "total_contacts",
    ];
    assert_eq!(
        fields.map(|field| campaign[field].clone()),
        [
            json!("CREATED"),
            json!("batch"),
            json!(2),
            json!(true),
            json!(3),
            json!(-7),
            json!(4)
        ]
    );
    assert_eq!(
        campaign["numbers"][1]["phone_number_id"],
        sandbox::SECOND_PHONE_NUMBER_ID
    );
    let policy = told(&node, &["campaign", "policy", &id]).await;
    assert_eq!(policy["policy"]["hours"]["preset"], "us-strict", "{policy:#}");

    // What would sound wrong, and that nobody can call, is told before the start.
    let unfinished = json!({
        "name": "Unfinished",
        "config": {"firstMessage": "Hi {{name}}, I call for [your company] about {{offer}}."},
    });
    let (status, unfinished) = answered(node.api(Method::POST, "assistants").json(&unfinished)).await;
    assert_eq!(status, 201, "{unfinished}");
    let unfinished = unfinished["id"].as_str().expect("an id");
    let changes = ["--assistant", unfinished, "--mode", "continuous", "--cap", "2"];
    let (done, words) = said(&node, &[&["campaign", "set", &id][..], &changes].concat()).await;
    assert!(
        done && words.contains("assistant: Unfinished") && !words.contains("batches"),
        "{words}"
    );
    let campaign = node.campaign(&id).await;
    assert_eq!(
        ["assistant_id", "mode", "batch_size", "quiet_line_gate"].map(|field| campaign[field].clone()),
        [json!(unfinished), json!("continuous"), Value::Null, json!(false)]
    );
    let inactive = node.api(Method::PATCH, &format!("assistants/{unfinished}"));
    let (status, answer) = answered(inactive.json(&json!({ "active": false }))).await;
    assert_eq!(status, 200, "{answer}");
    let (_, words) = said(&node, &["campaign", "preflight", &id]).await;
    for told in [
        "The assistant cannot call: it is inactive.",
        "the assistant would say “[your company]”",
        "4  lack a value for offer",
        "line of +",
        "4 of 4 usable lines of the account are free",
    ] {
        assert!(words.contains(told), "{told}: {words}");
    }

    // More people, of whom one is known.
    let more = written(
        "more.csv",
        "name,phone\nAnn Lee,+12015550100\nFay Elm,+12015550104\n",
    );
    let (done, words) = said(&node, &["campaign", "append", &id, &more]).await;
    assert!(
        done && words.contains("1 people added, 1 already in the campaign."),
        "{words}"
    );
    assert_eq!(node.campaign(&id).await["total_contacts"], 5);
    let fay = told(&node, &["campaign", "contacts", &id, "--search", "Fay Elm"]).await;
    assert_eq!(fay["items"][0]["phone"], "+12015550104", "{fay:#}");

    // On the calendar, by the clock of a zone.
    let first = node.api(Method::GET, "assistants?source=imported");
    let first = answered(first).await.1["items"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    told(&node, &["campaign", "set", &id, "--assistant", &first]).await;
    let at = ["campaign", "schedule", &id, "--at", "2031-01-06T09:00"];
    let (done, words) = said(&node, &at).await;
    assert!(!done && words.contains("with a `zone`"), "{words}");
    assert_eq!(node.campaign(&id).await["status"], "CREATED");
    let (done, words) = said(&node, &[&at[..], &["--zone", "America/New_York"]].concat()).await;
    assert!(
        done && words.contains("starts 2031-01-06T14:00:00.000Z"),
        "{words}"
    );
    let campaign = node.campaign(&id).await;
    assert_eq!(
        (&campaign["status"], &campaign["starts_at"]),
        (&json!("SCHEDULED"), &json!("2031-01-06T14:00:00.000Z"))
    );
}
