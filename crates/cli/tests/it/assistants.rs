//! Guarantee *no twins, no silent disagreement*, with processes that really die: kill -9 around the provider's answer to
//! a change of an assistant, and two nodes that change the same one.

use http::Method;
use serde_json::{Value, json};

use crate::{
    database::PostgresDatabase,
    lists,
    proxy::{Armed, Moment, Proxy},
    rig::{
        CRON_SECRET, Node, NodeSettings, Sandbox, Tempo, answered, assert_replay, assert_truth,
        final_contacts,
    },
};

const LINES: u32 = 4;

/// A provider, what lies before it, and the settings of a node.
struct Stage {
    sandbox: Sandbox,
    proxy: Proxy,
    settings: NodeSettings,
    /// How many nodes start after one was killed.
    heirs: usize,
}

impl Stage {
    async fn new(database: &str, heirs: usize) -> Self {
        let tempo = Tempo::new(120.0);
        let sandbox = Sandbox::start(tempo, LINES, "none", 51).await;
        let proxy = Proxy::start(&sandbox).await;
        let settings = NodeSettings::new(database, &sandbox, tempo, LINES).through(&proxy);
        Self {
            sandbox,
            proxy,
            settings,
            heirs,
        }
    }

    async fn node(&self) -> Node {
        Node::start(&self.settings).await
    }

    /// The nodes that inherit the database of one that was killed.
    async fn heirs(&self) -> Heirs {
        let mut others = Vec::new();
        for _ in 1..self.heirs {
            others.push(Node::start(&self.settings.beside()).await);
        }
        Heirs {
            first: self.node().await,
            others,
        }
    }

    /// What became of assistants at the provider.
    async fn truth(&self) -> Truth {
        Truth(self.sandbox.ledger().await["assistants"].take())
    }

    /// A record and the provider's assistant say the same, and the mark leads from there to here. Asked past the node.
    async fn assert_agreed(&self, record: &Value) {
        let mut theirs = self
            .sandbox
            .assistant(text(&record["provider_assistant_id"]))
            .await;
        let theirs = theirs.as_object_mut().expect("an assistant");
        assert_eq!(theirs["metadata"], json!({ "autolynxAssistantId": record["id"] }));
        for own in ["id", "orgId", "createdAt", "updatedAt", "metadata"] {
            theirs.remove(own);
        }
        assert_eq!(
            Some(&*theirs),
            record["config"].as_object(),
            "provider and record"
        );
        assert_eq!(theirs["name"], record["name"]);
        assert_eq!(record["drift"], Value::Null);
    }
}

/// Kills a node that is asked for this, once its own request has stopped. Nobody is told what became of it.
async fn die(node: Node, armed: Armed, request: reqwest::RequestBuilder) {
    let asked = tokio::spawn(request.send());
    armed.caught().await;
    node.kill().await;
    let answer = asked.await.expect("it asks");
    assert!(answer.is_err(), "the node died before it could answer");
}

/// Nodes on the database of one that was killed.
struct Heirs {
    first: Node,
    others: Vec<Node>,
}

impl Heirs {
    async fn kill(self) {
        for node in self.others.into_iter().chain([self.first]) {
            node.kill().await;
        }
    }
}

/// What the ledger says of assistants.
struct Truth(Value);

impl Truth {
    /// Every one that ever carried our id of this record.
    fn marked(&self, record: &Value) -> Vec<&Value> {
        let list = self.0["list"].as_array().expect("a list");
        list.iter()
            .filter(|one| one["metadata"]["autolynxAssistantId"] == record["id"])
            .collect()
    }

    /// The only one that ever carried our id of this record.
    fn only(&self, record: &Value) -> &Value {
        let marked = self.marked(record);
        assert_eq!(marked.len(), 1, "no twins: {:#}", self.0);
        assert_eq!(marked[0]["id"], record["provider_assistant_id"]);
        marked[0]
    }

    /// How many were made, changed and deleted, whoever asked.
    fn counts(&self) -> [u64; 3] {
        ["created", "changed", "deleted"].map(|what| self.0[what].as_u64().expect("a count"))
    }

    /// The provider's ids of those that were deleted.
    fn deleted(&self) -> Vec<&Value> {
        let list = self.0["list"].as_array().expect("a list");
        list.iter()
            .filter(|one| !one["deleted_ms"].is_null())
            .map(|one| &one["id"])
            .collect()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}"))
}

/// A wish for an assistant of this name.
fn wish(name: &str) -> Value {
    json!({
        "name": name,
        "by": "Ann",
        "config": {
            "firstMessage": format!("Hello, this is {name}."),
            "model": {
                "provider": "openai",
                "model": "gpt-4o",
                "messages": [{ "role": "system", "content": "Be brief." }],
            },
            "voice": { "provider": "11labs", "voiceId": "sarah" },
        },
    })
}

fn ephemeral(name: &str) -> Value {
    let mut wish = wish(name);
    wish["ephemeral"] = json!(true);
    wish
}

/// A wish to change the first message.
fn says(version: &Value, words: &str, by: &str) -> Value {
    json!({ "version": version, "config": { "firstMessage": words }, "by": by })
}

async fn make(node: &Node, wish: &Value) -> Value {
    let (status, made) = answered(node.api(Method::POST, "assistants").json(wish)).await;
    assert_eq!(status, 201, "{made}");
    made
}

async fn read(node: &Node, record: &Value) -> Value {
    node.look_at(&address(record), |_| true).await
}

fn address(record: &Value) -> String {
    format!("assistants/{}", text(&record["id"]))
}

/// A wish to change this assistant.
fn patch(node: &Node, record: &Value, change: &Value) -> reqwest::RequestBuilder {
    node.api(Method::PATCH, &address(record)).json(change)
}

/// The only record of this name, once it is in this state.
async fn found(node: &Node, name: &str, state: &str) -> Value {
    let listed = node
        .look_at(&format!("assistants?q={name}"), |list| {
            list["items"][0]["state"] == state
        })
        .await;
    assert_eq!(listed["total"], 1, "one record: {listed:#}");
    read(node, &listed["items"][0]).await
}

/// The record, once nothing is open.
async fn settled(node: &Node, record: &Value) -> Value {
    node.look_at(&address(record), |seen| {
        seen["state"] == "ready" && seen["change"].is_null()
    })
    .await
}

/// The history, latest first: version, how it came about, and by whom.
async fn history(node: &Node, record: &Value) -> Value {
    let versions = node
        .look_at(&format!("{}/versions", address(record)), |_| true)
        .await;
    let versions = versions["items"].as_array().expect("versions").iter();
    versions
        .map(|version| json!([version["version"], version["origin"], version["by"]]))
        .collect()
}

/// Repeats the change that was lost.
async fn repeat(node: &Node, record: &Value) -> (u16, Value) {
    let repeat = node.api(Method::POST, &format!("{}/repeat-change", address(record)));
    answered(repeat.json(&json!({ "change": record["change"]["id"] }))).await
}

async fn on_sqlite(play: impl AsyncFnOnce(&Stage)) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("assistants.db").display());
    play(&Stage::new(&database, 1).await).await;
}

/// Two nodes inherit, and look into the same doubt.
async fn on_postgres(name: &str, play: impl AsyncFnOnce(&Stage)) {
    let database = PostgresDatabase::create(name).await;
    play(&Stage::new(&database.url, 2).await).await;
    database.drop_it().await;
}

/// *No twins*: killed between the provider's answer to a creation and our commit.
async fn killed_after_a_creation(stage: &Stage) {
    let node = stage.node().await;
    let armed = stage.proxy.arm("POST /assistant", Moment::Answered);
    let request = node.api(Method::POST, "assistants").json(&wish("Nora"));
    die(node, armed, request).await;
    let heirs = stage.heirs().await;
    let record = found(&heirs.first, "Nora", "ready").await;

    assert_eq!(record["change"], Value::Null);
    assert_eq!(
        history(&heirs.first, &record).await,
        json!([[1, "created", "Ann"]])
    );
    let truth = stage.truth().await;
    assert_eq!(truth.only(&record)["deleted_ms"], Value::Null);
    assert_eq!(truth.counts(), [1, 0, 0]);
    stage.assert_agreed(&record).await;
    heirs.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_a_creation_on_sqlite() {
    on_sqlite(killed_after_a_creation).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_a_creation_on_postgres() {
    on_postgres("created", killed_after_a_creation).await;
}

/// *No twins*: killed before a creation reaches the provider. Nothing is made, the record says so, and repeated it is made
/// once.
async fn killed_before_a_creation(stage: &Stage) {
    let node = stage.node().await;
    let armed = stage.proxy.arm("POST /assistant", Moment::NotArrived);
    let request = node.api(Method::POST, "assistants").json(&wish("Nora"));
    die(node, armed, request).await;
    let heirs = stage.heirs().await;
    let lost = found(&heirs.first, "Nora", "not_created").await;

    assert_eq!(lost["provider_assistant_id"], Value::Null);
    assert_eq!(lost["version"], 0);
    assert_eq!(lost["change"]["state"], "lost");
    assert_eq!(stage.truth().await.counts(), [0, 0, 0]);

    let (status, record) = repeat(&heirs.first, &lost).await;
    assert_eq!((status, &record["state"]), (200, &json!("ready")), "{record:#}");
    let again = repeat(&heirs.first, &lost).await;
    assert_eq!(again.0, 409, "it is not lost any more: {:#}", again.1);
    let record = settled(&heirs.first, &record).await;
    assert_eq!(
        history(&heirs.first, &record).await,
        json!([[1, "created", "Ann"]])
    );
    let truth = stage.truth().await;
    truth.only(&record);
    assert_eq!(truth.counts(), [1, 0, 0]);
    stage.assert_agreed(&record).await;
    heirs.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_a_creation_on_sqlite() {
    on_sqlite(killed_before_a_creation).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_a_creation_on_postgres() {
    on_postgres("not_created", killed_before_a_creation).await;
}

/// *No twins*: killed between the provider's answer to a clone and our commit. The original stays as it was.
async fn killed_after_a_clone(stage: &Stage) {
    let node = stage.node().await;
    let original = make(&node, &wish("Nora")).await;
    let armed = stage.proxy.arm("POST /assistant", Moment::Answered);
    let request = node
        .api(Method::POST, &format!("{}/clone", address(&original)))
        .json(&json!({ "name": "Olga", "by": "Bo" }));
    die(node, armed, request).await;
    let heirs = stage.heirs().await;
    let copy = found(&heirs.first, "Olga", "ready").await;

    assert_ne!(copy["id"], original["id"]);
    assert_ne!(copy["provider_assistant_id"], original["provider_assistant_id"]);
    assert_eq!(history(&heirs.first, &copy).await, json!([[1, "cloned", "Bo"]]));
    let original = settled(&heirs.first, &original).await;
    assert_eq!(
        history(&heirs.first, &original).await,
        json!([[1, "created", "Ann"]])
    );
    let truth = stage.truth().await;
    truth.only(&copy);
    truth.only(&original);
    assert_eq!(truth.counts(), [2, 0, 0]);
    stage.assert_agreed(&copy).await;
    stage.assert_agreed(&original).await;
    heirs.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_a_clone_on_sqlite() {
    on_sqlite(killed_after_a_clone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_a_clone_on_postgres() {
    on_postgres("cloned", killed_after_a_clone).await;
}

/// *No silent disagreement*: killed between the provider's answer to an edit and our commit. While the provider cannot be
/// asked, the doubt shows and nobody else can change the assistant; then the edit is in force on both sides, as one version
/// by whom made it.
async fn killed_after_an_edit(stage: &Stage) {
    let node = stage.node().await;
    let record = make(&node, &wish("Nora")).await;
    let armed = stage.proxy.arm("PATCH /assistant", Moment::Answered);
    let request = patch(&node, &record, &says(&record["version"], "Good evening.", "Bo"));
    die(node, armed, request).await;

    stage.proxy.cut(true);
    let heirs = stage.heirs().await;
    let doubted = found(&heirs.first, "Nora", "in_doubt").await;
    assert_eq!(doubted["version"], 1);
    let other = says(&record["version"], "Good morning.", "Cy");
    let (status, refused) = answered(patch(&heirs.first, &record, &other)).await;
    assert_eq!(
        (status, &refused["error"]["code"]),
        (409, &json!("change_under_way"))
    );
    assert_eq!(refused["error"]["details"]["change"]["by"], "Bo");

    stage.proxy.cut(false);
    let record = settled(&heirs.first, &record).await;
    assert_eq!(record["config"]["firstMessage"], "Good evening.");
    assert_eq!(
        history(&heirs.first, &record).await,
        json!([[2, "edited", "Bo"], [1, "created", "Ann"]])
    );
    let truth = stage.truth().await;
    assert_eq!(truth.only(&record)["changes"], 1);
    assert_eq!(truth.counts(), [1, 1, 0]);
    stage.assert_agreed(&record).await;
    heirs.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_an_edit_on_sqlite() {
    on_sqlite(killed_after_an_edit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_an_edit_on_postgres() {
    on_postgres("edited", killed_after_an_edit).await;
}

/// *No silent disagreement*: killed before an edit reaches the provider. Nothing is changed on either side, the loss shows,
/// and repeated the edit is in force once, by whom made it.
async fn killed_before_an_edit(stage: &Stage) {
    let node = stage.node().await;
    let record = make(&node, &wish("Nora")).await;
    let armed = stage.proxy.arm("PATCH /assistant", Moment::NotArrived);
    let request = patch(&node, &record, &says(&record["version"], "Good evening.", "Bo"));
    die(node, armed, request).await;
    let heirs = stage.heirs().await;
    let lost = |seen: &Value| seen["change"]["state"] == "lost";
    let unchanged = heirs.first.look_at(&address(&record), lost).await;

    assert_eq!(unchanged["state"], "ready");
    assert_eq!(unchanged["version"], 1);
    assert_eq!(unchanged["config"], record["config"]);
    assert_eq!(stage.truth().await.counts(), [1, 0, 0]);
    stage.assert_agreed(&unchanged).await;

    let (status, changed) = repeat(&heirs.first, &unchanged).await;
    assert_eq!(status, 200, "{changed:#}");
    let changed = settled(&heirs.first, &changed).await;
    assert_eq!(changed["config"]["firstMessage"], "Good evening.");
    assert_eq!(
        history(&heirs.first, &changed).await,
        json!([[2, "edited", "Bo"], [1, "created", "Ann"]])
    );
    let truth = stage.truth().await;
    assert_eq!(truth.only(&changed)["changes"], 1);
    assert_eq!(truth.counts(), [1, 1, 0]);
    stage.assert_agreed(&changed).await;
    heirs.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_an_edit_on_sqlite() {
    on_sqlite(killed_before_an_edit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_an_edit_on_postgres() {
    on_postgres("not_edited", killed_before_an_edit).await;
}

/// A list of three who talk for a while.
fn three() -> String {
    let people = ["Ada", "Bruno", "Cleo"].into_iter().enumerate();
    let rows: Vec<String> = people
        .map(|(index, name)| format!("{name},+1 {},interested 20s", lists::number(index)))
        .collect();
    format!("name,phone,sandbox\n{}\n", rows.join("\n"))
}

/// Starts a campaign of three with this assistant.
async fn start(node: &Node, record: &Value, name: &str) -> String {
    let (status, answer) = node.upload(text(&record["id"]), name, three(), LINES).await;
    assert_eq!(status, 201, "{answer:#}");
    text(&answer["campaign"]["id"]).to_owned()
}

/// The record of an ephemeral assistant, once it is removed at the provider.
async fn removed(node: &Node, record: &Value) -> Value {
    node.look_at(&address(record), |seen| seen["state"] == "removed")
        .await
}

/// *No silent disagreement*: killed around the removal of an ephemeral assistant whose campaign is over. It is deleted
/// exactly once, our record says so, and the persistent one beside it stays.
async fn killed_around_a_removal(stage: &Stage, moment: Moment) {
    let node = stage.node().await;
    let stays = make(&node, &wish("Paula")).await;
    let goes = make(&node, &ephemeral("Emma")).await;
    let armed = stage.proxy.arm("DELETE /assistant", moment);
    let campaign = start(&node, &goes, "Once").await;
    armed.caught().await;
    node.kill().await;
    let deleted = u64::from(moment == Moment::Answered);
    assert_eq!(stage.truth().await.counts(), [2, 0, deleted]);

    let heirs = stage.heirs().await;
    let gone = removed(&heirs.first, &goes).await;
    assert_eq!(gone["change"], Value::Null);
    let done = heirs.first.completed(&campaign).await;
    assert_eq!(final_contacts(&done), 3, "it was removed after its campaign");
    let truth = stage.truth().await;
    assert_eq!(truth.counts(), [2, 0, 1]);
    assert_eq!(truth.deleted(), [&goes["provider_assistant_id"]]);
    let asked = &stage.sandbox.ledger().await["requests"]["DELETE /assistant/{id}"];
    assert_eq!(asked, 1, "nobody asks for what is done");
    let stays = settled(&heirs.first, &stays).await;
    stage.assert_agreed(&stays).await;
    heirs.kill().await;
    assert_truth(&stage.sandbox.ledger().await, u64::from(LINES));
}

/// Between the provider's answer and our commit.
async fn killed_after_a_removal(stage: &Stage) {
    killed_around_a_removal(stage, Moment::Answered).await;
}

/// Before the request reaches the provider.
async fn killed_before_a_removal(stage: &Stage) {
    killed_around_a_removal(stage, Moment::NotArrived).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_a_removal_on_sqlite() {
    on_sqlite(killed_after_a_removal).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_a_removal_on_postgres() {
    on_postgres("removed", killed_after_a_removal).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_a_removal_on_sqlite() {
    on_sqlite(killed_before_a_removal).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_a_removal_on_postgres() {
    on_postgres("not_removed", killed_before_a_removal).await;
}

/// The code and the details of a refusal.
fn refusal(answer: &Value) -> (&str, &Value) {
    (text(&answer["error"]["code"]), &answer["error"]["details"])
}

/// *No silent disagreement*: two people have the same version open, on two nodes. Who saves second is told what the first
/// has changed, and overwrites nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_edit_on_another_node_is_not_overwritten() {
    on_postgres("open_twice", async |stage: &Stage| {
        let (one, other) = (stage.node().await, Node::start(&stage.settings.beside()).await);
        let record = make(&one, &wish("Nora")).await;
        let open = read(&other, &record).await;
        assert_eq!(open["version"], record["version"]);

        let first = says(&record["version"], "Good evening.", "Bo");
        let (status, saved) = answered(patch(&one, &record, &first)).await;
        assert_eq!((status, &saved["version"]), (200, &json!(2)));
        let second = says(&open["version"], "Good morning.", "Cy");
        let (status, refused) = answered(patch(&other, &open, &second)).await;
        assert_eq!(status, 409);
        let (code, details) = refusal(&refused);
        assert_eq!(code, "edited_meanwhile");
        assert_eq!((&details["version"], &details["by"]), (&json!(2), &json!("Bo")));
        assert_eq!(
            details["differences"],
            json!([{
                "path": "firstMessage",
                "before": record["config"]["firstMessage"],
                "after": "Good evening.",
            }])
        );

        let record = settled(&other, &record).await;
        assert_eq!(record["config"]["firstMessage"], "Good evening.");
        assert_eq!(stage.truth().await.only(&record)["changes"], 1);
        stage.assert_agreed(&record).await;
        one.kill().await;
        other.kill().await;
    })
    .await;
}

/// *No silent disagreement*: two people save the same version at the same time, on two nodes. One of them changes the
/// assistant, on both sides; the other is told that somebody was faster.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_edits_at_once_one_is_made() {
    const ROUNDS: u64 = 20;
    on_postgres("at_once", async |stage: &Stage| {
        let (one, other) = (stage.node().await, Node::start(&stage.settings.beside()).await);
        let mut record = make(&one, &wish("Nora")).await;
        for round in 1..=ROUNDS {
            let by_bo = says(&record["version"], &format!("Good evening {round}."), "Bo");
            let by_cy = says(&record["version"], &format!("Good morning {round}."), "Cy");
            let (bo, cy) = tokio::join!(
                answered(patch(&one, &record, &by_bo)),
                answered(patch(&other, &record, &by_cy)),
            );
            let (winner, words, loser) = match (bo.0, cy.0) {
                (200, 409) => ("Bo", &by_bo, cy.1),
                (409, 200) => ("Cy", &by_cy, bo.1),
                both => panic!("round {round}: {both:?} {:#} {:#}", bo.1, cy.1),
            };
            let (code, details) = refusal(&loser);
            let named = match code {
                "edited_meanwhile" => &details["by"],
                "change_under_way" => &details["change"]["by"],
                _ => panic!("round {round}: {loser:#}"),
            };
            // What was under way may be done by the time of the answer.
            let done = match code {
                "change_under_way" => named.is_null(),
                // The loser was refused before the winner's version could be read: it is told to look again.
                _ => named == "",
            };
            assert!(done || named == winner, "round {round}: {loser:#}");

            record = settled(&other, &record).await;
            assert_eq!(record["version"], round + 1);
            assert_eq!(record["config"]["firstMessage"], words["config"]["firstMessage"]);
            assert_eq!(
                history(&one, &record).await[0],
                json!([round + 1, "edited", winner])
            );
            stage.assert_agreed(&record).await;
        }
        assert_eq!(stage.truth().await.only(&record)["changes"], ROUNDS);
        one.kill().await;
        other.kill().await;
    })
    .await;
}

/// *No silent disagreement*, and no false alarm: an edit that is made while a node compares everything with the provider's
/// list, which was written before it, is not taken for a change that somebody made at the provider.
#[tokio::test(flavor = "multi_thread")]
async fn an_edit_during_a_comparison_is_no_drift() {
    on_sqlite(async |stage: &Stage| {
        let node = stage.node().await;
        let record = make(&node, &wish("Nora")).await;
        let armed = stage.proxy.arm("GET /assistant?", Moment::Answered);
        let listed = armed.caught().await;
        let change = says(&record["version"], "Good evening.", "Bo");
        let (status, saved) = answered(patch(&node, &record, &change)).await;
        assert_eq!((status, &saved["drift"]), (200, &Value::Null));
        listed.resume();
        let compared = |seen: &Value| seen["checked_at"] != saved["checked_at"];
        let record = node.look_at(&address(&record), compared).await;
        stage.assert_agreed(&record).await;
        node.kill().await;
    })
    .await;
}

/// *Nothing is overwritten unseen*: what was taken over from the provider after an edit was lost is still there when the
/// edit is repeated.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_edit_does_not_undo_what_was_taken_since() {
    on_sqlite(async |stage: &Stage| {
        let node = stage.node().await;
        let record = make(&node, &wish("Nora")).await;
        let armed = stage.proxy.arm("PATCH /assistant", Moment::NotArrived);
        let request = patch(&node, &record, &says(&record["version"], "Good evening.", "Bo"));
        die(node, armed, request).await;
        let heirs = stage.heirs().await;
        let node = &heirs.first;
        let lost = |seen: &Value| seen["change"]["state"] == "lost";
        let lost = node.look_at(&address(&record), lost).await;

        let provider_id = text(&record["provider_assistant_id"]);
        let by_others = json!({ "endCallMessage": "Goodbye." });
        stage.sandbox.change_assistant(provider_id, &by_others).await;
        let check = node.api(Method::POST, &format!("{}/check", address(&record)));
        let (status, differing) = answered(check).await;
        assert_eq!((status, &differing["drift"]), (200, &json!("differs")));
        let take = node.api(Method::POST, &format!("{}/take-theirs", address(&record)));
        let decision = json!({ "fingerprint": differing["theirs_fingerprint"], "by": "Cy" });
        let (status, taken) = answered(take.json(&decision)).await;
        assert_eq!((status, &taken["version"]), (200, &json!(2)), "{taken:#}");

        let (status, answer) = repeat(node, &lost).await;
        let record = read(node, &record).await;
        assert_eq!(
            record["config"]["endCallMessage"], "Goodbye.",
            "repeating it was answered with {status}: {answer:#}"
        );
        stage.assert_agreed(&record).await;
        heirs.kill().await;
    })
    .await;
}

/// An ephemeral assistant goes with its campaign: it makes every call of it, then the provider keeps it no longer, and our
/// record keeps what came of it. A persistent one whose campaign was over earlier stays.
#[tokio::test(flavor = "multi_thread")]
async fn an_ephemeral_assistant_goes_after_its_campaign() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("ephemeral.db").display());
    let stage = Stage::new(&database, 1).await;
    let node = stage.node().await;
    let stays = make(&node, &wish("Paula")).await;
    let goes = make(&node, &ephemeral("Emma")).await;
    assert_eq!(goes["ephemeral"], true);
    let before = start(&node, &stays, "Before").await;
    node.completed(&before).await;
    let once = start(&node, &goes, "Once").await;
    let once = node.completed(&once).await;
    assert_eq!(final_contacts(&once), 3);

    let gone = removed(&node, &goes).await;
    assert_eq!((&gone["active"], &gone["version"]), (&json!(false), &json!(1)));
    assert_eq!(gone["usage"]["calls"], 3);
    assert_eq!(history(&node, &gone).await, json!([[1, "created", "Ann"]]));
    let (status, refused) = node.upload(text(&goes["id"]), "Again", three(), LINES).await;
    assert_eq!(status, 422, "{refused:#}");
    let truth = stage.truth().await;
    assert_eq!(truth.counts(), [2, 0, 1]);
    assert_eq!(truth.deleted(), [&goes["provider_assistant_id"]]);
    truth.only(&gone);
    for (record, calls) in [(&stays, 3), (&goes, 3)] {
        let made = truth.0["calls"].as_object().expect("calls").values();
        let made = made.filter(|call| call["assistant_id"] == record["provider_assistant_id"]);
        assert_eq!(made.count(), calls, "{:#}", truth.0["calls"]);
    }
    stage.assert_agreed(&settled(&node, &stays).await).await;
    assert_truth(&stage.sandbox.ledger().await, u64::from(LINES));
    node.kill().await;
    assert_replay(&database).await;
}

/// Where nothing but cron runs, the tick tends the directory as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_tick_tends_the_directory() {
    on_sqlite(async |stage: &Stage| {
        let node = stage.node().await;
        let tick = node.api(Method::POST, "scheduler/tick").bearer_auth(CRON_SECRET);
        let (status, did) = answered(tick).await;
        assert_eq!(status, 200, "{did}");
        let directory = &did["directory"];
        assert!(
            directory["looked_up"].is_u64() && directory["removals"].is_u64(),
            "{did}"
        );
        assert!(directory["compared"].is_boolean(), "{did}");
        node.kill().await;
    })
    .await;
}
