//! A database with tables and assistants, made once and copied for every run.

use std::path::{Path, PathBuf};

use domain::{ids::AssistantId, time::UtcMs};
use sandbox::{DEFAULT_ASSISTANT_ID, SECOND_ASSISTANT_ID};
use store::{NewAssistant, Options, Store};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// The database that every run begins with.
pub(crate) struct Template {
    /// Its file. In memory: what is never dropped would leave a folder behind.
    bytes: Vec<u8>,
    /// The two assistants that the sandbox has from the start.
    pub(crate) assistants: [AssistantId; 2],
}

static TEMPLATE: OnceCell<Template> = OnceCell::const_new();

impl Template {
    /// The one of this process.
    pub(crate) async fn get() -> &'static Self {
        TEMPLATE.get_or_init(Self::make).await
    }

    async fn make() -> Self {
        let folder = folder();
        let file = folder.path().join("template.db");
        let store = open(&file, 0).await;
        store.migrate().await.unwrap();
        let assistants = register(&store).await;
        store.close().await;
        Self {
            bytes: std::fs::read(file).unwrap(),
            assistants,
        }
    }

    /// Copies the database into a folder.
    pub(crate) fn copy_into(&self, folder: &Path) -> PathBuf {
        write(&self.bytes, folder)
    }
}

/// Registers the two assistants that the sandbox has from the start.
pub(crate) async fn register(store: &Store) -> [AssistantId; 2] {
    let mut assistants = Vec::new();
    for provider_id in [DEFAULT_ASSISTANT_ID, SECOND_ASSISTANT_ID] {
        let assistant = NewAssistant {
            provider_assistant_id: provider_id.to_owned(),
            name: "An assistant".to_owned(),
            config_json: "{}".to_owned(),
            author: String::new(),
        };
        assistants.push(store.register_assistant(&assistant, UtcMs(0)).await.unwrap().id);
    }
    assistants.try_into().unwrap()
}

/// A copy in this folder of a database that has tables and nothing in them.
pub(crate) async fn empty_in(place: &Path) -> PathBuf {
    static EMPTY: OnceCell<Vec<u8>> = OnceCell::const_new();
    let make = || async {
        let folder = folder();
        let file = folder.path().join("empty.db");
        let store = open(&file, 0).await;
        store.migrate().await.unwrap();
        store.close().await;
        std::fs::read(file).unwrap()
    };
    write(EMPTY.get_or_init(make).await, place)
}

fn write(bytes: &[u8], folder: &Path) -> PathBuf {
    let to = folder.join("run.db");
    std::fs::write(&to, bytes).unwrap();
    to
}

/// A folder for one run, in memory where the machine has such a place.
pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let builder = tempfile::Builder::new();
    if memory.is_dir() {
        builder.tempdir_in(memory).or_else(|_| builder.tempdir())
    } else {
        builder.tempdir()
    }
    .unwrap()
}

/// Opens a run's database, as one process would.
pub(crate) async fn open(file: &Path, id_seed: u64) -> Store {
    let options = Options {
        connections: 2,
        id_seed,
        durable: false,
        ..Options::default()
    };
    Store::open(&format!("sqlite:{}", file.display()), options)
        .await
        .unwrap()
}
