internal import LMDB

extension EnvironmentOptions {
    /// What a configuration asks of the storage.
    init(_ configuration: Configuration) {
        self.init()
        mapSize = configuration.mapSize
        maximumReaders = configuration.maximumReaders
        isReadOnly = configuration.isReadOnly
        readsWithoutLock = configuration.readsWithoutLock
        createIfMissing = configuration.createIfMissing && !configuration.isReadOnly
        fileMode = configuration.fileMode
        allowNetworkFilesystem = configuration.allowNetworkFilesystem
        durability = configuration.durability == .full ? .full : .lastCommitMayBeLost
    }
}
