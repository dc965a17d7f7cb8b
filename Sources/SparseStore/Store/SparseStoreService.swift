#if ServiceLifecycle
    public import ServiceLifecycle

    /// A store as a service of swift-service-lifecycle: it reports sizes, does the merging that is left to the caller, and
    /// closes the store when the others have ended. With the package trait `ServiceLifecycle`.
    ///
    ///     let store = try await Store.open(at: "notes.sparse")
    ///     let group = ServiceGroup(services: [SparseStoreService(store), server], logger: logger)
    ///     try await group.run()
    ///
    /// A group ends its services in reverse order: put the store before those that use it. What has been acknowledged is on
    /// disk already, so nothing is lost when the process is killed instead.
    public struct SparseStoreService: Service {
        /// The store.
        public let store: Store
        /// How long to wait between two reports, and between two times of merging.
        public let interval: Duration

        /// Makes a service of a store.
        ///
        /// - Parameters:
        ///   - store: is closed when the service ends.
        ///   - interval: how long to wait between two reports of sizes (``Store/statistics()``, which reads much) and, with
        ///     ``Configuration/Maintenance/manual``, between two times of merging.
        public init(_ store: Store, every interval: Duration = .seconds(60)) {
            self.store = store
            self.interval = interval
        }

        /// Works until the group shuts down or the task is cancelled; then closes the store.
        public func run() async throws {
            defer { store.close() }
            try? await cancelWhenGracefulShutdown {
                while true {
                    await work()
                    try await Task.sleep(for: interval)
                }
            }
        }

        /// A store that cannot be read or merged now may be so later: the others go on.
        private func work() async {
            do {
                _ = try await store.statistics()
                if store.configuration.maintenance == .manual, !store.configuration.isReadOnly {
                    try await store.maintain()
                }
            } catch {
                guard !Task.isCancelled else { return }
                store.configuration.logger.warning(
                    "the service could not look after the store", metadata: ["error": "\(error)"])
            }
        }
    }
#endif
