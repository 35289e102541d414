//! What a state is called, and what an error leaves behind.

use super::*;

#[test]
fn every_state_has_a_code_and_says_what_to_do() {
    let gone = StorageState::FileGone {
        path: PathBuf::from("/data/a.db"),
    };
    let table = [
        (StorageState::Ok, "ok", "The database works."),
        (
            StorageState::DiskFull,
            "disk_full",
            "The disk of the database is full. Free disk space; AutoLynx goes on by itself.",
        ),
        (
            gone,
            "file_gone",
            "The database file /data/a.db was deleted or replaced while AutoLynx runs. Stop AutoLynx, put the file and its \
             `-wal` file back, and start it again.",
        ),
        (
            StorageState::Unreachable {
                cause: Cause::NotReady,
            },
            "unreachable",
            "The database server is starting or shutting down. Wait until the server has started.",
        ),
    ];
    for (state, code, says) in table {
        assert_eq!((state.code(), state.to_string().as_str()), (code, says));
    }
}

#[test]
fn an_error_of_the_disk_leaves_a_mark_and_others_do_not() {
    let marks = Marks::default();
    let failed = |error: sqlx::Error| Err::<(), _>(error);
    let _ = marks.note(failed(sqlx::Error::PoolTimedOut));
    let _ = marks.note(failed(sqlx::Error::RowNotFound));
    assert_eq!(marks.trouble(), None);
    let _ = marks.note(failed(sqlx::Error::Io(std::io::ErrorKind::StorageFull.into())));
    assert_eq!(marks.trouble(), Some(StorageState::DiskFull));
    let _ = marks.note(Ok(()));
    assert_eq!(
        marks.trouble(),
        Some(StorageState::DiskFull),
        "reads succeed on a full disk"
    );
}

#[test]
fn after_silence_the_connections_that_are_out_are_closed_and_no_others() {
    let marks = Marks::default();
    assert!(!marks.is_suspect());
    marks.suspect();
    assert_eq!((0..100).filter(|_| marks.is_suspect()).count(), SUSPECTS as usize);
}
