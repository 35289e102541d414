//! Registered assistants.

use domain::ids::AssistantId;
use store::{Assistant, NewAssistant};

use crate::{fixture::Fixture, people::NOW};

contract! {
    registering_again_updates_the_record,
    odd_configurations_are_kept,
    two_nodes_register_the_same_assistant_at_once,
}

fn assistant(name: &str, config: &str) -> NewAssistant {
    NewAssistant {
        provider_assistant_id: "assistant-7".to_owned(),
        name: name.to_owned(),
        config_json: config.to_owned(),
    }
}

async fn registering_again_updates_the_record(fixture: &Fixture) {
    let store = &fixture.store;
    let id = store
        .register_assistant(&assistant("Robin", r#"{"a": 1}"#), NOW)
        .await
        .unwrap();
    let again = store
        .register_assistant(&assistant("Robin II", r#"{"a": 2}"#), NOW + 5)
        .await
        .unwrap();
    assert_eq!(id, again);
    let stored = store.assistant(id).await.unwrap();
    let provider_assistant_id = "assistant-7".to_owned();
    assert_eq!(
        stored,
        Some(Assistant {
            id,
            name: "Robin II".to_owned(),
            provider_assistant_id
        })
    );
    let dates = format!("created_at_ms = {} AND updated_at_ms = {}", NOW.0, (NOW + 5).0);
    assert_eq!(fixture.count("assistants", &dates).await, 1);
    let config = fixture
        .texts("SELECT CAST(config_json AS TEXT) FROM assistants")
        .await;
    assert_eq!(config, [Some(r#"{"a": 2}"#.to_owned())]);
    assert_eq!(
        store
            .assistant(AssistantId(uuid::Uuid::from_u128(1)))
            .await
            .unwrap(),
        None
    );
}

async fn odd_configurations_are_kept(fixture: &Fixture) {
    for config in [r#"{"prompt": "a\u0000b\ud800"}"#, "not JSON", ""] {
        let odd = assistant("Ro\0bin", config);
        let id = fixture.store.register_assistant(&odd, NOW).await.unwrap();
        assert_eq!(
            fixture
                .store
                .assistant(id)
                .await
                .unwrap()
                .expect("the assistant")
                .name,
            "Robin"
        );
    }
    assert_eq!(fixture.count("assistants", "1 = 1").await, 1);
}

async fn two_nodes_register_the_same_assistant_at_once(fixture: &Fixture) {
    let other = fixture.another_node().await;
    let (robin, bird) = (assistant("Robin", "{}"), assistant("Bird", "{}"));
    let (one, two) = tokio::join!(
        fixture.store.register_assistant(&robin, NOW),
        other.register_assistant(&bird, NOW)
    );
    assert_eq!(one.unwrap(), two.unwrap());
    assert_eq!(fixture.count("assistants", "1 = 1").await, 1);
    other.close().await;
}
