#if ServiceLifecycle
    internal import Logging
    public import ServiceLifecycle

    /// A store as a service of swift-service-lifecycle. The service reports sizes, runs manual merges, and closes the
    /// store when the other services have ended. Available with the package trait `ServiceLifecycle`.
    ///
    ///     let store = try await Store.open(at: "notes.sparse")
    ///     let group = ServiceGroup(services: [SparseStoreService(store), server], logger: logger)
    ///     try await group.run()
    ///
    /// A group ends its services in reverse order, so list the store before the services that use it. Committed data is
    /// already on disk, so nothing is lost if the process is killed instead.
    public struct SparseStoreService: Service {
        /// The store.
        public let store: Store
        /// The time between two reports and, with manual maintenance, between two merge runs.
        public let interval: Duration

        /// Creates a service for a store.
        ///
        /// - Parameters:
        ///   - store: The store. It is closed when the service ends.
        ///   - interval: The time between two reports of sizes (`Store.statistics()`, which reads a lot) and, with
        ///     ``Configuration/Maintenance/manual``, between two merge runs.
        public init(_ store: Store, every interval: Duration = .seconds(60)) {
            self.store = store
            self.interval = interval
        }

        /// Runs until the group shuts down or the task is canceled, and then closes the store.
        public func run() async throws {
            defer { store.close() }
            try? await cancelWhenGracefulShutdown {
                while true {
                    await work()
                    try await Task.sleep(for: interval)
                }
            }
        }

        /// Reports and merges. A store that cannot be read or merged now may recover, so errors do not end the service.
        private func work() async {
            do {
                _ = try await store.statistics()
                if store.configuration.maintenance == .manual, !store.configuration.isReadOnly {
                    try await store.maintain()
                }
            } catch {
                guard !Task.isCancelled else { return }
                store.configuration.logger.warning(
                    "the service could not maintain the store", metadata: ["error": "\(error)"])
            }
        }
    }
#endif
