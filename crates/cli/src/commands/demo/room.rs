//! Room for the demo's data. Without any, nothing that happens can be recorded, and the campaign would wait for ever.

use std::{
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, anyhow};
use store::Store;
use tempfile::TempDir;

use crate::settings::Settings;

/// What the example's 300 people need, and a little more.
const NEEDED: &str = "about 50 MB";
/// How often it is looked whether the data can still be written.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Looks in a row at which it cannot: a busy database may miss one.
const LOOKS: u32 = 3;
/// What a look writes and takes away again, in bytes: what a part of the demo needs. Where less is left, the database still
/// finds room for a small change within its own files, and fails at the next one of some size.
const PROBE: usize = 8 << 20;

/// Where the data lies.
pub(super) struct Room {
    /// On this machine; `None` for a database on a server.
    folder: Option<PathBuf>,
    // Deleted with the demo.
    _own: Option<TempDir>,
}

impl Room {
    /// A temporary folder for the data, unless the settings name a database.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn prepare(settings: &mut Settings) -> anyhow::Result<Self> {
        if let Some(address) = &settings.database_url {
            let file = address.reveal().strip_prefix("sqlite:");
            let file = file.map(|file| Path::new(file.strip_prefix("//").unwrap_or(file)));
            let folder = file.map(|file| match file.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
                _ => PathBuf::from("."),
            });
            return Ok(Self { folder, _own: None });
        }
        let own = tempfile::Builder::new()
            .prefix("autolynx-demo-")
            .tempdir()
            .with_context(|| {
                let folder = std::env::temp_dir();
                format!(
                    "cannot make a folder for the demo's data in {}: set TMPDIR to a folder with {NEEDED} of room",
                    folder.display()
                )
            })?;
        settings.database_url = Some(format!("sqlite:{}", own.path().join("demo.db").display()).into());
        Ok(Self {
            folder: Some(own.path().to_owned()),
            _own: Some(own),
        })
    }

    /// Returns when the data cannot be written any more, with the reason.
    pub(super) async fn runs_out(&self, store: &Store, lines: u32) -> anyhow::Error {
        let mut failed = 0;
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if let Some(full) = self.full() {
                return full;
            }
            // It stands there already. What counts is whether it can be written.
            match store.set_line_cap(lines).await {
                Ok(()) => failed = 0,
                Err(error) => {
                    failed += 1;
                    if failed == LOOKS {
                        return anyhow!(error).context("the demo's data cannot be written any more");
                    }
                }
            }
        }
    }

    /// The error, or a full disk that is behind it.
    pub(super) fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        match self.full() {
            Some(full) => full,
            None => error,
        }
    }

    /// Whether the folder takes no more.
    fn full(&self) -> Option<anyhow::Error> {
        let folder = self.folder.as_ref()?;
        let probe = tempfile::tempfile_in(folder).and_then(|mut file| file.write_all(&vec![0; PROBE]));
        let error = probe.err()?;
        let is_full = matches!(
            error.kind(),
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
        );
        is_full.then(|| {
            anyhow!(
                "the disk of {} is full, so the demo cannot record what happens ({error}). It needs {NEEDED} there: free \
                 some, or set TMPDIR to a folder with more room, or name a database with --database",
                folder.display()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_room_explains_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let room = Room {
            folder: Some(folder.path().to_owned()),
            _own: None,
        };
        assert!(room.full().is_none());
        assert_eq!(room.explain(anyhow!("a reason")).to_string(), "a reason");
    }
}
