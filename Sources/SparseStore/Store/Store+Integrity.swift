internal import LMDB
internal import SparseFormat
public import SystemPackage

extension Store {
    /// Verifies the newest commit (FORMAT.md, "Invariants"). Damage is reported, not thrown, and nothing is changed.
    /// Writers and searches continue meanwhile; pages that writers free are not reused until it ends.
    ///
    /// Damage in LMDB's pages can crash the process. The command `sparsestore verify` therefore reads the store in a
    /// child process.
    ///
    /// - Parameters:
    ///   - level: The extent of the checks.
    ///   - progress: Called occasionally. It may throw to stop.
    /// - Throws: The errors of `progress`; `closed`, `io`, `readersFull`.
    public func verify(
        _ level: VerificationLevel = .quick, progress: (VerificationProgress) throws -> Void = { _ in }
    ) throws -> VerificationReport {
        try SparseStoreError.translate {
            let commit = try CommitReader(file)
            return try Verifier(level: level, commit: commit).run(progress: progress)
        }
    }
}

extension Store {
    /// Creates a new store from the readable documents and bookmarks of a damaged one. Identifiers, vocabulary,
    /// statistics, and index are rebuilt. The damaged file is not changed, and the new one appears complete or not at
    /// all.
    ///
    /// A document counts as damaged if any part of it cannot be read, including the name of one of its terms. If only
    /// its token vectors cannot be read, the document is kept without them. Token vectors keep their codec, except that
    /// those in `pq32` are decoded and stored as `f16`. If anything would be lost and `skippingDamaged` is false,
    /// nothing is written, and the report lists the losses. If two documents have the same identifier, the later one is
    /// kept.
    ///
    /// Damage in LMDB's pages can crash the process. The command `sparsestore repair` therefore runs the repair in a
    /// child process.
    ///
    /// - Parameters:
    ///   - damaged: The path of the damaged store.
    ///   - new: The path of the new store. Nothing may exist there.
    ///   - skippingDamaged: Whether to write the new store without the damaged documents and the lost token vectors.
    ///   - configuration: The configuration of the new store.
    ///   - progress: Called occasionally. It may throw to stop.
    /// - Throws: The errors of opening and writing, and of `progress`.
    public static func repair(
        _ damaged: FilePath, to new: FilePath, skippingDamaged: Bool = false,
        configuration: Configuration = Configuration(),
        progress: (VerificationProgress) throws -> Void = { _ in }
    ) throws -> RepairReport {
        try withoutActuallyEscaping(progress) { progress in
            try SparseStoreError.translate {
                try Environment.requireNothing(at: new, operation: "repair")
                var options = EnvironmentOptions(configuration)
                options.isReadOnly = true
                options.createsIfMissing = false
                let environment = try Environment.open(
                    at: damaged, options: options, tables: TableNumber.allCases.map(\.name)
                ) { _, _ in }
                defer { environment.close() }
                let file = StoreFile(environment: environment, tables: try Tables { try environment.table(named: $0) })
                let commit = try CommitReader(file)
                // A store of another version is not damaged. An unreadable record does not tell the version.
                if let record = try? commit.reader.meta.store() {
                    try record.checkOpenable(readOnly: true)
                }
                let salvage = try Salvage(commit, progress: progress)
                var report = try survey(salvage)
                guard !report.isLossy || skippingDamaged else { return report }
                try Environment.place(at: new, operation: "repair") { path in
                    var configuration = configuration
                    configuration.isReadOnly = false
                    configuration.readsWithoutLock = false
                    configuration.durability = .full
                    configuration.maintenance = .manual
                    // Keep the setting of the damaged store if it can be read.
                    if let manifest = try? commit.reader.meta.manifest() {
                        configuration.profile = manifest.profile
                    }
                    if let codec = salvage.multivectorCodec {
                        configuration.multivectorCodec = codec.isTrained ? .f16 : codec
                    }
                    let store = try Store.open(at: path, configuration: configuration)
                    defer { store.close() }
                    try store.fill(from: salvage)
                    // Fewer than were read if two had the same identifier.
                    report.documents = try store.read { $0.count }
                }
                report.isWritten = true
                return report
            }
        }
    }

    private static func survey(_ salvage: Salvage) throws -> RepairReport {
        var report = RepairReport()
        report.rescuedTerms = salvage.rescuedTerms
        try salvage.forEach("survey") { _, _ in
            report.documents += 1
        } bad: {
            report.add($0, $1)
        }
        let identifiers = try salvage.identifiers(of: Set((report.damaged + report.withoutMultivector).map(\.number)))
        for list in [\RepairReport.damaged, \.withoutMultivector] {
            for index in report[keyPath: list].indices {
                report[keyPath: list][index].id = identifiers[report[keyPath: list][index].number]
            }
        }
        try salvage.forEachBookmark { _, bytes in
            if bytes == nil { report.lostBookmarks += 1 } else { report.bookmarks += 1 }
        }
        return report
    }

    /// The maximum number of documents and payload bytes in one transaction.
    private static let batchDocuments = 16_384
    private static let batchBytes = 32 << 20

    private func fill(from salvage: Salvage) throws {
        var batch: [Document] = []
        var bytes = 0
        func flush() throws {
            try write { transaction in for document in batch { try transaction.upsert(document) } }
            batch.removeAll(keepingCapacity: true)
            bytes = 0
            releaseMemory()
        }
        if let encoder = salvage.encoder { try write { try $0.setEncoder(encoder) } }
        try salvage.forEach("rebuild") { _, document in
            batch.append(document)
            bytes += document.payload?.count ?? 0
            bytes += document.multivector.map { $0.count * $0.dimension * MemoryLayout<Float>.size } ?? 0
            if batch.count == Self.batchDocuments || bytes >= Self.batchBytes { try flush() }
        } bad: { _, _ in
        }
        try flush()
        try write { transaction in
            try salvage.forEachBookmark { name, bytes in
                // Omit what the API has never accepted.
                if let bytes, name.utf8.count <= Limits.maximumBookmarkNameBytes {
                    try transaction.setBookmark(name, to: bytes)
                }
            }
        }
        try optimize()
    }
}
