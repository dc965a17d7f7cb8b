#if Configuration
    public import Configuration

    extension SparseStore.Configuration {
        /// Reads a configuration with swift-configuration. Available with the package trait `Configuration`.
        ///
        ///     let reader = ConfigReader(provider: EnvironmentVariablesProvider())
        ///     let configuration = try SparseStore.Configuration(reader.scoped(to: "sparsestore"))
        ///
        /// In this example, the variable `SPARSESTORE_PROFILE=compact` selects the compact profile. The keys are the
        /// names of the properties: `isReadOnly`, `readsWithoutLock`, `createsIfMissing`, `durability`, `maintenance`,
        /// `mapSize`, `maximumReaders`, `allowsNetworkFilesystem`, `profile`, `listCacheSize`, `pageCacheSize`,
        /// `compressionLevel`, and `multivectorCodec`, as well as `busyTimeoutSeconds` and `snapshotPatienceSeconds`,
        /// which are numbers of seconds. Enumerations are written as case names and sizes as numbers of bytes.
        ///
        /// - Parameters:
        ///   - reader: The source of the values.
        ///   - defaults: The values for missing keys and for properties that have no key.
        /// - Throws: `invalidArgument` for a value of the wrong type or outside its choices. The error names the key.
        public init(
            _ reader: ConfigReader, defaults: SparseStore.Configuration = SparseStore.Configuration()
        ) throws(SparseStoreError) {
            self = defaults
            let values = Values(reader: reader)
            try values.boolean("isReadOnly") { isReadOnly = $0 }
            try values.boolean("readsWithoutLock") { readsWithoutLock = $0 }
            try values.boolean("createsIfMissing") { createsIfMissing = $0 }
            try values.boolean("allowsNetworkFilesystem") { allowsNetworkFilesystem = $0 }
            try values.choice("durability") { durability = $0 }
            try values.choice("maintenance") { maintenance = $0 }
            try values.choice("profile") { profile = $0 }
            try values.choice("multivectorCodec") { multivectorCodec = $0 }
            try values.integer("mapSize") { mapSize = $0 }
            try values.integer("maximumReaders") { maximumReaders = $0 }
            try values.integer("listCacheSize") { listCacheSize = $0 }
            try values.integer("pageCacheSize") { pageCacheSize = $0 }
            try values.integer("compressionLevel") { compressionLevel = $0 }
            try values.number("busyTimeoutSeconds") { busyTimeout = .seconds($0) }
            try values.number("snapshotPatienceSeconds") { snapshotPatience = .seconds($0) }
        }
    }

    /// Reads values by key. A value of the wrong type is an error here; the reader alone would treat it as missing.
    private struct Values {
        let reader: ConfigReader

        func boolean(_ key: String, _ use: (Bool) -> Void) throws(SparseStoreError) {
            guard let value = reader.bool(forKey: ConfigKey(key)) else { return try refuse(key, "true or false") }
            use(value)
        }

        func integer(_ key: String, _ use: (Int) -> Void) throws(SparseStoreError) {
            guard let value = reader.int(forKey: ConfigKey(key)) else { return try refuse(key, "a whole number") }
            use(value)
        }

        func number(_ key: String, _ use: (Double) -> Void) throws(SparseStoreError) {
            let name = ConfigKey(key)
            guard let value = reader.double(forKey: name) ?? reader.int(forKey: name).map(Double.init), value >= 0
            else {
                return try refuse(key, "a number of seconds")
            }
            use(value)
        }

        func choice<Value: CaseIterable>(_ key: String, _ use: (Value) -> Void) throws(SparseStoreError) {
            guard let name = reader.string(forKey: ConfigKey(key)) else { return try refuse(key, "a name") }
            guard let value = Value.allCases.first(where: { "\($0)" == name }) else {
                let names = Value.allCases.map { "\($0)" }.joined(separator: ", ")
                throw SparseStoreError(
                    .invalidArgument, problem: "the configuration's '\(key)' is '\(name)'",
                    remedy: "use one of: \(names)")
            }
            use(value)
        }

        /// - Throws: `invalidArgument` when the key has a value of any type.
        private func refuse(_ key: String, _ wanted: String) throws(SparseStoreError) {
            let name = ConfigKey(key)
            guard
                reader.string(forKey: name) != nil || reader.int(forKey: name) != nil
                    || reader.double(forKey: name) != nil
                    || reader.bool(forKey: name) != nil
            else { return }
            throw SparseStoreError(
                .invalidArgument, problem: "the configuration's '\(key)' is not \(wanted)", remedy: "use \(wanted)")
        }
    }
#endif
