//! A person listens to a call: the recording comes from the provider through the node, as it is.

use crate::rig::{Node, NodeSettings, Sandbox, Tempo};

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_can_be_heard_here() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("heard.db").display());
    let tempo = Tempo::new(240.0);
    let sandbox = Sandbox::start(tempo, 2, "none", 41).await;
    let node = Node::start(&NodeSettings::new(&database, &sandbox, tempo, 2)).await;
    let list = "name,business_name,phone,sandbox\n\
                Ada,Ada's,+1 201 555 0100,interested 30s\nBruno,Bruno's,+1 201 555 0101,busy\n";
    let id = node.start_campaign("Heard", list.to_owned(), 2).await;
    node.completed(&id).await;

    let called = node.call_of(&id, "Ada").await;
    node.reported(&called).await;
    let whole = node.listen(&called).await;
    assert_eq!(whole.status(), 200);
    assert_eq!(whole.headers()["content-type"], "audio/wav");
    let sound = whole.bytes().await.expect("sound");
    assert!(sound.starts_with(b"RIFF"), "{} bytes", sound.len());

    let busy = node.call_of(&id, "Bruno").await;
    assert_eq!(node.listen(&busy).await.status(), 404, "nobody spoke");
    assert_eq!(
        node.listen("01890000-0000-7000-8000-000000000000").await.status(),
        404
    );
}
