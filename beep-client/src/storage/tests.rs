use super::*;

/// What every storage promises.
async fn keeps_what_it_promises(storage: &dyn Storage) {
    let write = |key: &str, value: &[u8]| storage.write(key.to_owned(), value.to_vec());
    let read = |key: &str| storage.read(key.to_owned());
    let list = |prefix: &str| storage.list(prefix.to_owned());
    assert_eq!(read("a/1").await, Ok(None));
    for (key, value) in [("a/2", "two"), ("a/1", "one"), ("a/1", "uno"), ("b/1", "")] {
        write(key, value.as_bytes()).await.expect("it is stored");
    }
    assert_eq!(read("a/1").await, Ok(Some(b"uno".to_vec())));
    assert_eq!(read("b/1").await, Ok(Some(Vec::new())));
    assert_eq!(list("a/").await, Ok(vec!["a/1".to_owned(), "a/2".to_owned()]));
    assert_eq!(list("").await.map(|keys| keys.len()), Ok(3));
    storage.remove("a/1".to_owned()).await.expect("it is removed");
    storage.remove("a/1".to_owned()).await.expect("nothing is to be removed");
    assert_eq!(read("a/1").await, Ok(None));
    for key in ["", "A", "a b", "../\\x", &"a".repeat(MAX_KEY_LEN + 1)] {
        assert!(matches!(write(key, b"").await, Err(StorageError::Key(_))), "{key}");
        assert!(matches!(read(key).await, Err(StorageError::Key(_))), "{key}");
        assert!(matches!(storage.remove(key.to_owned()).await, Err(StorageError::Key(_))), "{key}");
    }
    let long = "k".repeat(MAX_KEY_LEN);
    write(&long, b"long").await.expect("it is stored");
    assert_eq!((read(&long).await, list("kk").await), (Ok(Some(b"long".to_vec())), Ok(vec![long])));
    let large = vec![0; MAX_VALUE_LEN + 1];
    assert_eq!(storage.write("a/2".to_owned(), large).await, Err(StorageError::TooLarge(MAX_VALUE_LEN + 1)));
    assert_eq!(read("a/2").await, Ok(Some(b"two".to_vec())));

    let put = |key: &str, value: Option<&str>| Write { key: key.to_owned(), value: value.map(|text| text.into()) };
    let Some(refused) = storage.write_all(&[put("a/2", None), put("A", Some("no key"))]) else { return };
    assert_eq!(refused.await, Err(StorageError::Key("A".to_owned())));
    assert_eq!(read("a/2").await, Ok(Some(b"two".to_vec())), "all or none");
    let both = storage.write_all(&[put("a/3", Some("three")), put("a/2", None)]).expect("it can");
    assert_eq!((both.await, list("a/").await), (Ok(()), Ok(vec!["a/3".to_owned()])));
}

#[tokio::test]
async fn memory_keeps_what_it_promises() {
    keeps_what_it_promises(&MemoryStorage::default()).await;
}

#[cfg(feature = "native")]
#[tokio::test]
async fn files_keep_what_they_promise() {
    let folder = tempfile::tempdir().expect("a folder");
    keeps_what_it_promises(&FileStorage::open(folder.path().join("new/one")).expect("it opens")).await;
}

#[cfg(feature = "native")]
#[tokio::test]
async fn files_outlive_the_program_and_are_private() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("chat");
    let storage = FileStorage::open(&path).expect("it opens");
    storage.write("u@a.example.com/draft/1".to_owned(), b"text".to_vec()).await.expect("it is stored");
    std::fs::write(path.join("7.unfinished"), "half").expect("it is written");
    std::fs::write(path.join("notes.txt"), "of somebody else").expect("it is written");
    let later = FileStorage::open(&path).expect("it opens");
    assert_eq!(later.list(String::new()).await, Ok(vec!["u@a.example.com/draft/1".to_owned()]));
    assert_eq!(later.read("u@a.example.com/draft/1".to_owned()).await, Ok(Some(b"text".to_vec())));
    assert!(!path.join("7.unfinished").exists());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &std::path::Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&path.join("u@a.example.com+draft+1.beep"))), (0o700, 0o600));
    }
}
