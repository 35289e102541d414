//! Whom not to call, from a shell: a whole file, with why and until when.

use http::Method;

use crate::{
    lists,
    rig::{Node, NodeSettings, Sandbox, Tempo, answered},
    shell::{said, told},
};

/// More than the node lists at once.
const MANY: usize = 620;

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_numbers_is_forbidden_and_listed_to_its_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("forbidden.db").display());
    let tempo = Tempo::new(60.0);
    let sandbox = Sandbox::start(tempo, 1, "none", 23).await;
    let node = Node::start(&NodeSettings::new(&database, &sandbox, tempo, 1)).await;
    let mut list = "phone,reason,expires\n".to_owned();
    for index in 0..MANY {
        list += &match index {
            0 => format!("{},moved away,2031-01-31T18:00:00Z\n", lists::number(0)),
            index => format!("{},,\n", lists::number(index)),
        };
    }
    list += "no number,,\n";
    let file = folder.path().join("numbers.csv");
    std::fs::write(&file, list).expect("written");
    let file = file.to_str().expect("UTF-8");
    let import = [
        "suppress",
        "import",
        file,
        "--region",
        "US",
        "--reason",
        "asked by letter",
    ];
    let (done, words) = said(&node, &import).await;
    assert!(done && words.contains("620 added, 0 known already"), "{words}");
    assert!(words.contains("line 622: "), "{words}");

    // The reason of the command is for those for whom the file gives none.
    let entry_of = async |index: usize| {
        let digits: String = lists::number(index)
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        let found = node.api(Method::GET, &format!("suppressions?q=1{digits}"));
        answered(found).await.1["items"][0].take()
    };
    let (first, second) = (entry_of(0).await, entry_of(1).await);
    assert_eq!(
        (&first["reason"], &second["reason"]),
        (&"moved away".into(), &"asked by letter".into())
    );
    let (_, words) = said(
        &node,
        &["suppress", "list", &lists::number(0).replace('(', "+1 (")],
    )
    .await;
    assert!(
        words.contains("moved away") && words.contains("2031-01-31T18:00:00.000Z"),
        "{words}"
    );

    let (_, words) = said(&node, &["suppress", "list"]).await;
    assert!(
        words.contains("Rows 1 to 500 of 620: --offset 500 goes on, --all"),
        "{words}"
    );
    assert!(
        words.contains("asked by letter") && words.contains("for good"),
        "{words}"
    );
    let (_, words) = said(&node, &["suppress", "list", "--all"]).await;
    assert_eq!(words.lines().count(), 1 + MANY, "a head and all of them");
    let rest = told(&node, &["suppress", "list", "--offset", "600"]).await;
    assert_eq!(rest["items"].as_array().map(Vec::len), Some(20));
}
