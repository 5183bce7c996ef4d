//! Storage in files: one for each key, in one folder that only its owner can read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{MAX_KEY_LEN, MAX_VALUE_LEN, Storage, StorageError, check_entry, check_key};
use crate::transport::BoxFuture;

/// Storage in a folder. A value replaces the earlier one as a whole or not at all. On Unix, files have the mode 0600 and
/// a new folder 0700, since they hold messages. Must be used inside a tokio runtime.
///
/// One program at a time uses a folder.
#[derive(Clone, Debug)]
pub struct FileStorage(Arc<Folder>);

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    /// Counts temporary files, so that no two writes share one.
    written: AtomicU64,
}

impl FileStorage {
    /// Opens a folder, and makes it if there is none. Removes what writes left that were cut off.
    ///
    /// # Errors
    /// [`StorageError::Failed`] if it cannot be made or read.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StorageError> {
        let path = path.into();
        make_folder(&path).map_err(StorageError::failed)?;
        for entry in fs::read_dir(&path).map_err(StorageError::failed)? {
            let entry = entry.map_err(StorageError::failed)?;
            if entry.file_name().to_str().is_some_and(|name| name.ends_with(UNFINISHED)) {
                fs::remove_file(entry.path()).map_err(StorageError::failed)?;
            }
        }
        Ok(Self(Arc::new(Folder { path, written: AtomicU64::new(0) })))
    }

    /// Runs blocking work on a thread for it.
    fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder) -> Result<T, StorageError> + Send + 'static,
    ) -> BoxFuture<Result<T, StorageError>> {
        let folder = self.0.clone();
        Box::pin(async move {
            tokio::task::spawn_blocking(move || work(&folder))
                .await
                .unwrap_or_else(|error| Err(StorageError::failed(error)))
        })
    }
}

impl Storage for FileStorage {
    fn read(&self, key: String) -> BoxFuture<Result<Option<Vec<u8>>, StorageError>> {
        self.blocking(move |folder| {
            check_key(&key)?;
            let file = match File::open(folder.file(&key)) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(StorageError::failed(error)),
            };
            let mut value = Vec::new();
            // One more than fits, so that a file that grew is seen.
            file.take(MAX_VALUE_LEN as u64 + 1).read_to_end(&mut value).map_err(StorageError::failed)?;
            check_entry(&key, &value)?;
            Ok(Some(value))
        })
    }

    fn write(&self, key: String, value: Vec<u8>) -> BoxFuture<Result<(), StorageError>> {
        self.blocking(move |folder| {
            check_entry(&key, &value)?;
            folder.replace(&key, &value).map_err(StorageError::failed)
        })
    }

    fn remove(&self, key: String) -> BoxFuture<Result<(), StorageError>> {
        self.blocking(move |folder| {
            check_key(&key)?;
            match fs::remove_file(folder.file(&key)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StorageError::failed(error)),
                _ => Ok(()),
            }
        })
    }

    fn list(&self, prefix: String) -> BoxFuture<Result<Vec<String>, StorageError>> {
        self.blocking(move |folder| {
            let mut keys = Vec::new();
            collect(&folder.path, "", &mut keys).map_err(StorageError::failed)?;
            keys.retain(|key| key.starts_with(&prefix));
            keys.sort_unstable();
            Ok(keys)
        })
    }
}

impl Folder {
    /// The file of a key. A slash becomes `+`, which no key has. File systems bound the length of a name, so the beginning
    /// of a long key is the name of a folder.
    fn file(&self, key: &str) -> PathBuf {
        let (mut path, mut rest) = (self.path.clone(), key.replace('/', "+"));
        while rest.len() > NAME_LEN {
            let end = rest.split_off(NAME_LEN);
            path.push(rest + FOLDER);
            rest = end;
        }
        path.join(rest + STORED)
    }

    /// Writes beside the old file, then renames: whoever reads sees the old or the new one.
    fn replace(&self, key: &str, value: &[u8]) -> io::Result<()> {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.path.join(format!("{number}{UNFINISHED}"));
        let written = (|| {
            let target = self.file(key);
            if key.len() > NAME_LEN {
                make_folder(target.parent().unwrap_or(&self.path))?;
            }
            let mut file = private_file(&unfinished)?;
            file.write_all(value)?;
            file.sync_all()?;
            fs::rename(&unfinished, target)
        })();
        if written.is_err() {
            // What is left is removed when the folder is opened next.
            let _ = fs::remove_file(&unfinished);
        }
        written
    }
}

/// Adds the keys of the files in a folder, whose keys begin with `start`.
fn collect(folder: &Path, start: &str, keys: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        if let Some(name) = name.strip_suffix(FOLDER) {
            // No key is longer than a few names, so this ends.
            if start.len() <= MAX_KEY_LEN && entry.file_type()?.is_dir() {
                collect(&entry.path(), &format!("{start}{name}"), keys)?;
            }
        } else if let Some(name) = name.strip_suffix(STORED) {
            let key = format!("{start}{name}").replace('+', "/");
            keys.extend(check_key(&key).is_ok().then_some(key));
        }
    }
    Ok(())
}

fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// The longest part of a key that is one name.
const NAME_LEN: usize = 200;
/// The end of the name of a folder, which no key has.
const FOLDER: &str = "~";
const STORED: &str = ".beep";
const UNFINISHED: &str = ".unfinished";
