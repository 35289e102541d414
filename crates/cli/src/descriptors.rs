//! How many files this process may have open. Every connection is one, and many systems begin at 1,024.

/// Files for everything but the connections that are served: the database, the provider, exports.
const FOR_THE_REST: u64 = 256;

/// Connections that can be served: those that the settings allow, or fewer where the system allows too few files.
pub(crate) fn connections(wanted: usize) -> usize {
    let needed = (wanted as u64).saturating_add(FOR_THE_REST);
    match rlimit::increase_nofile_limit(needed) {
        Ok(files) => {
            let possible = fit(wanted, files);
            if possible < wanted {
                tracing::warn!(
                    wanted,
                    possible,
                    files,
                    "fewer connections than MAX_CONNECTIONS can be served: raise the limit of open files (ulimit -n)"
                );
            }
            possible
        }
        Err(error) => {
            tracing::warn!(%error, "the limit of open files cannot be raised");
            wanted
        }
    }
}

/// What is left of so many files; some connections in any case.
fn fit(wanted: usize, files: u64) -> usize {
    let left = usize::try_from(files.saturating_sub(FOR_THE_REST)).unwrap_or(usize::MAX);
    wanted.min(left.max(64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_the_rest() {
        assert_eq!(fit(4_096, 1_024), 768);
        assert_eq!(fit(4_096, 1 << 20), 4_096);
        assert_eq!(fit(4_096, 0), 64);
        assert_eq!(fit(16, 1_024), 16);
    }
}
