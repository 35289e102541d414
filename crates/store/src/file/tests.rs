//! The file as a file.

use super::*;

#[test]
fn a_file_that_is_locked_names_the_process_that_holds_it() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("a.db");
    let held = lock(&database).unwrap();
    assert!(held.is_some());
    match lock(&database) {
        Err(OpenError::InUse { path, pid }) => {
            assert_eq!((path, pid), (database.clone(), Some(std::process::id())));
        }
        other => panic!("{other:?}"),
    }
    drop(held);
    assert!(
        lock(&database).unwrap().is_some(),
        "let go of, it can be taken again"
    );
}

#[cfg(unix)]
mod permissions {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_we_make_is_private_and_what_is_there_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        make_private(&path).unwrap();
        assert_eq!(mode(&path), 0o600);
        fs::write(&path, "content").unwrap();
        set_mode(&path, 0o640);
        make_private(&path).unwrap();
        assert_eq!(
            (mode(&path), fs::read_to_string(&path).unwrap()),
            (0o640, "content".to_owned())
        );
    }

    #[test]
    fn wide_permissions_are_found_with_what_mends_them() {
        let folder = tempfile::tempdir().unwrap();
        set_mode(folder.path(), 0o700);
        let path = folder.path().join("a.db");
        make_private(&path).unwrap();
        assert_eq!(wide_permissions(&path), []);
        set_mode(&path, 0o644);
        fs::write(beside(&path, "-wal"), "").unwrap();
        set_mode(&beside(&path, "-wal"), 0o660);
        set_mode(folder.path(), 0o777);
        assert_eq!(
            wide_permissions(&path),
            [
                (path.clone(), 0o644, "600"),
                (beside(&path, "-wal"), 0o660, "600"),
                (folder.path().to_path_buf(), 0o777, "go-w"),
            ]
        );
        // As /tmp: others may make files there, and not replace ours.
        set_mode(folder.path(), 0o1777);
        assert_eq!(wide_permissions(&path).len(), 2);
    }

    #[test]
    fn a_deleted_or_replaced_file_is_noticed_and_one_that_came_back_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let aside = folder.path().join("aside.db");
        let wal = beside(&path, "-wal");
        fs::write(&path, "data").unwrap();
        let file = DataFile::opened(path.clone(), None);
        assert_eq!(file.missing(), None);
        fs::write(&wal, "log").unwrap();
        assert_eq!(file.missing(), None);
        fs::rename(&path, &aside).unwrap();
        assert_eq!(file.missing(), Some(path.clone()));
        fs::write(&path, "data").unwrap();
        assert_eq!(
            file.missing(),
            Some(path.clone()),
            "another file of the same content"
        );
        fs::rename(&aside, &path).unwrap();
        assert_eq!(file.missing(), None);
        fs::remove_file(&wal).unwrap();
        assert_eq!(file.missing(), Some(wal));
    }
}
