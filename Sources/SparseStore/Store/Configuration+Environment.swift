internal import LMDB
internal import Logging

extension EnvironmentOptions {
    /// Derives the storage settings from a configuration.
    init(_ configuration: Configuration) {
        self.init()
        mapSize = configuration.mapSize
        maximumReaders = configuration.maximumReaders
        isReadOnly = configuration.isReadOnly
        readsWithoutLock = configuration.readsWithoutLock
        createIfMissing = configuration.createIfMissing && !configuration.isReadOnly
        fileMode = configuration.fileMode
        allowNetworkFilesystem = configuration.allowNetworkFilesystem
        waiting.timeout = configuration.busyTimeout
        waiting.isCancelled = configuration.isWaitCancelled
        waiting.announce = { [logger = configuration.logger, announce = configuration.announceWait] holder in
            logger.notice("a write is waiting", metadata: ["for": "\(holder)"])
            announce("\(holder)")
        }
        durability = configuration.durability == .full ? .full : .lastCommitMayBeLost
    }
}
