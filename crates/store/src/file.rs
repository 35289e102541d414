//! The SQLite file as a file: private, held by one process, and the same one for as long as we run.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock, PoisonError},
};

use crate::db::OpenError;

/// What tells a file from every other one on this machine: device and inode. `None` where there is no such thing.
type Identity = Option<(u64, u64)>;

/// The file of an open SQLite database.
pub(crate) struct DataFile {
    path: PathBuf,
    identity: Identity,
    /// Known from the first moment at which there is one. SQLite removes it only after the last connection.
    wal: OnceLock<Identity>,
    /// Held until the store is closed. The operating system lets go of it when the process ends, however it ends.
    lock: Mutex<Option<File>>,
}

impl DataFile {
    /// Remembers which file was opened.
    pub(crate) fn opened(path: PathBuf, lock: Option<File>) -> Self {
        Self {
            identity: identity(&path),
            wal: OnceLock::new(),
            lock: Mutex::new(lock),
            path,
        }
    }

    /// The folder that it lies in.
    #[cfg(unix)]
    pub(crate) fn folder(&self) -> PathBuf {
        self.path.parent().map(Path::to_path_buf).unwrap_or_default()
    }

    /// The path at which the file, or its log, is not the one that we opened any more. SQLite would go on with the open
    /// file, and all that it writes would be lost when the process ends.
    pub(crate) fn missing(&self) -> Option<PathBuf> {
        // Where files have no identity nobody can delete an open one either.
        self.identity?;
        if identity(&self.path) != self.identity {
            return Some(self.path.clone());
        }
        let path = beside(&self.path, "-wal");
        match self.wal.get() {
            Some(wal) => (identity(&path) != *wal).then_some(path),
            None => {
                if let Some(found) = identity(&path) {
                    let _ = self.wal.set(Some(found));
                }
                None
            }
        }
    }

    /// Lets other processes have it.
    pub(crate) fn release(&self) {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> Identity {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Path) -> Identity {
    None
}

/// The path of a file that belongs to the database: SQLite's own convention.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The path without links, so that two ways to one file are one.
pub(crate) fn resolved(path: &Path) -> PathBuf {
    if let Ok(path) = path.canonicalize() {
        return path;
    }
    match (path.parent().map(folder_or_here), path.file_name()) {
        (Some(folder), Some(name)) => folder
            .canonicalize()
            .map_or_else(|_| path.to_path_buf(), |folder| folder.join(name)),
        _ => path.to_path_buf(),
    }
}

fn folder_or_here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    }
}

/// Makes a file that only this account may read and write, whatever the umask. One that is there is left as it is, and
/// not opened: closing it would give up the locks of other connections of this process.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    match open_private(OpenOptions::new().write(true).create_new(true), path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(|_| ()),
    }
}

#[cfg(unix)]
fn open_private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let file = options.mode(0o600).open(path)?;
    // A umask may have taken away what the owner needs.
    if file.metadata()?.len() == 0 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

#[cfg(not(unix))]
fn open_private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    options.open(path)
}

/// Takes the database for this process, by an operating-system lock on a file beside it that holds the process's id.
///
/// # Errors
/// [`OpenError::InUse`] when another process has it, [`OpenError::Connect`] when the lock file cannot be made.
pub(crate) fn lock(database: &Path) -> Result<Option<File>, OpenError> {
    let path = beside(database, ".lock");
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let mut file = open_private(&mut options, &path).map_err(|error| OpenError::file(&path, &error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            let _ = file.read_to_string(&mut pid);
            return Err(OpenError::InUse {
                path: database.to_path_buf(),
                pid: pid.trim().parse().ok(),
            });
        }
        Err(TryLockError::Error(error)) => {
            tracing::warn!(path = %path.display(), %error, "the file system has no locks: make sure that only one AutoLynx uses this database");
            return Ok(None);
        }
    }
    let written = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| write!(file, "{}", std::process::id()))
        .and_then(|()| file.flush());
    if let Err(error) = written {
        // The lock is what counts; on a full disk only the id is missing.
        tracing::debug!(%error, "the process id could not be written into the lock file");
    }
    Ok(Some(file))
}

/// Warns of files that other accounts of this machine may read, and of a folder in which they may replace them.
#[cfg(unix)]
pub(crate) fn warn_of_wide_permissions(database: &Path) {
    for (path, too_wide, fix) in wide_permissions(database) {
        tracing::warn!(
            path = %path.display(),
            mode = %format!("{too_wide:04o}"),
            fix = %format!("chmod {fix} {}", path.display()),
            "other accounts of this machine can reach the data: restrict the permissions"
        );
    }
}

/// The paths whose permissions are wider than they need to be, with their mode and what to give to `chmod`.
#[cfg(unix)]
fn wide_permissions(database: &Path) -> Vec<(PathBuf, u32, &'static str)> {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| {
        fs::metadata(path)
            .map(|file| file.permissions().mode() & 0o7777)
            .ok()
    };
    let mut wide = Vec::new();
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let path = beside(database, suffix);
        if let Some(mode) = mode(&path).filter(|mode| mode & 0o077 != 0) {
            wide.push((path, mode, "600"));
        }
    }
    if let Some(folder) = database.parent().map(folder_or_here) {
        // A folder with the sticky bit, such as /tmp, lets nobody replace the files of others.
        if let Some(mode) = mode(folder).filter(|mode| mode & 0o022 != 0 && mode & 0o1000 == 0) {
            wide.push((folder.to_path_buf(), mode, "go-w"));
        }
    }
    wide
}

#[cfg(not(unix))]
pub(crate) fn warn_of_wide_permissions(_: &Path) {}

#[cfg(test)]
mod tests;
