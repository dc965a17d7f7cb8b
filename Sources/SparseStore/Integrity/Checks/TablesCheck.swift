internal import LMDB
internal import SparseFormat

/// Checks the number of entries in each table (I101, I102, I107).
enum CountsCheck: VerificationCheck {
    static let name = "counts"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        func compare(_ invariant: StoreInvariant, _ table: TableNumber, expected: UInt64) throws {
            let entries = try verification.reader.size(of: table).entries
            guard UInt64(clamping: entries) != expected else { return }
            verification.broken(
                invariant, in: table, at: [], "the table has \(entries) entries, but the manifest says \(expected)")
        }
        try compare(.counters, .documents, expected: manifest.documents)
        try compare(.identifiers, .ids, expected: manifest.documents)
        let terms = manifest.termSpace == .strings ? 2 * UInt64(manifest.nextTerm) : 0
        try compare(.vocabulary, .vocabulary, expected: terms)
    }
}

/// Checks that the unfolded statistics deltas are those of the manifest (I106).
enum DeltasCheck: VerificationCheck {
    static let name = "deltas"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        var next = manifest.firstStatisticsDelta
        let end = manifest.nextStatisticsDelta
        func missing(upTo sequence: UInt64) {
            guard next < sequence else { return }
            verification.broken(
                .deltas, in: .statistics, at: Keys.statisticsDelta(next),
                "deltas \(next) to \(sequence - 1) are missing")
        }
        try verification.forEach(.statistics, from: Keys.statisticsDelta(0)) { entry in
            guard case .delta(let sequence) = try? Keys.parseStatistics(entry.key) else { return true }
            if sequence < next || sequence >= end {
                verification.broken(
                    .deltas, in: .statistics, at: entry.key,
                    "delta \(sequence) exists, but the manifest has those from \(next) up to \(end)")
                return true
            }
            missing(upTo: sequence)
            next = sequence + 1
            return true
        }
        missing(upTo: end)
    }
}

/// Checks the records that describe the store and its state.
enum MetaCheck {
    /// Returns the manifest; nil if it cannot be read, so that the other checks cannot run.
    static func run(_ verification: Verification) throws -> ManifestRecord? {
        _ = try record(StoreRecord.self, Keys.store, isRequired: true, verification)
        let manifest = try record(ManifestRecord.self, Keys.manifest, isRequired: true, verification)
        let tuning = try record(TuningRecord.self, Keys.tuning, isRequired: false, verification)
        if let manifest, let tuning, tuning.generation > manifest.generation {
            verification.broken(
                .tuningGeneration, in: .meta, at: Keys.tuning,
                "the tuning has generation \(tuning.generation), but the manifest has \(manifest.generation)")
        }
        return manifest
    }

    private static func record<R: Record>(
        _ type: R.Type, _ key: [UInt8], isRequired: Bool, _ verification: Verification
    ) throws -> R? {
        try verification.visit(.meta, key)
        let read: R?? = try verification.attempt(in: .meta, at: key) {
            try R(from: .meta, key: key, verification.reader)
        }
        guard let found = read else { return nil }
        if found == nil, isRequired { verification.broken(.metaRecords, in: .meta, at: key, "the record is missing") }
        return found
    }
}

/// Checks the segments of the merge in progress (I118) and the retired segments (I119).
enum MergesCheck: VerificationCheck {
    static let name = "merges"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        let meta = verification.reader.meta
        let listed = manifest.segments.map(\.id)
        // Wrapped, so that damage and absence differ.
        let claim = try verification.attempt(in: .meta, at: Keys.merge) { [try meta.merge()] }
        if let merge = claim?[0] {
            let begin = merge.sources.first.flatMap(listed.firstIndex) ?? listed.endIndex
            if !listed[begin...].prefix(merge.sources.count).elementsEqual(merge.sources) {
                verification.broken(
                    .mergeSources, in: .meta, at: Keys.merge,
                    "the merge reads segments \(merge.sources), which are not adjacent in the manifest")
            }
            for id in merge.staged where listed.contains(id) || id >= manifest.nextSegment {
                verification.broken(
                    .mergeSources, in: .meta, at: Keys.merge,
                    "the merge makes segment \(id), which is in the manifest or whose number was never assigned")
            }
        }
        let retired = try verification.attempt(in: .meta, at: Keys.retired) { try meta.retired() } ?? []
        let merging = claim?[0].map { Set($0.sources + $0.staged) } ?? []
        for id in retired where listed.contains(id) || merging.contains(id) {
            verification.broken(
                .retiredSegments, in: .meta, at: Keys.retired,
                "segment \(id) is retired, but is in the manifest or in a merge")
        }
    }
}

/// Checks that there are no values of segments that nothing refers to (I111).
enum OrphansCheck: VerificationCheck {
    static let name = "orphans"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        let listed = Set(manifest.segments.map(\.id))
        let meta = verification.reader.meta
        let staged = try verification.attempt(in: .meta, at: Keys.merge) { try meta.merge()?.staged ?? [] }
        let retired = try verification.attempt(in: .meta, at: Keys.retired) { try meta.retired() }
        let blocks = try verification.attempt(in: .meta, at: Keys.blocks) {
            try [meta.blocks()?.number].compactMap(\.self)
        }
        guard let staged, let retired, let blocks else { return verification.skip("which values belong to no segment") }
        for (table, named) in [
            (TableNumber.segments, listed.union(staged).union(retired).union(blocks)), (TableNumber.tombstones, listed),
        ] {
            var first: [UInt8]? = []
            // One look at each segment: from its first key on to the next segment.
            while let from = first {
                first = nil
                try verification.forEach(table, from: from) { entry in
                    guard entry.key.count >= 4 else { return true }
                    let id = entry.key.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
                    if !named.contains(id) {
                        verification.broken(
                            .orphans, in: table, at: entry.key.prefix(4),
                            "there are values of segment \(id), which does not exist")
                    }
                    if id < .max { first = Keys.segmentPrefix(id + 1) }
                    return false
                }
            }
        }
    }
}

/// Checks the numbers of the compression dictionaries (I115) and that of the manifest (I109).
enum DictionariesCheck: VerificationCheck {
    static let name = "dictionaries"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        var hasCurrent = manifest.currentDictionary == 0
        try verification.forEach(.dictionaries) { entry in
            guard
                let id = try verification.attempt(
                    in: .dictionaries, at: entry.key, { try Keys.parseDictionary(entry.key) })
            else { return true }
            if id == manifest.currentDictionary { hasCurrent = true }
            if id == 0 || id >= manifest.nextDictionary {
                verification.broken(
                    .dictionaryNumbers, in: .dictionaries, at: entry.key,
                    "dictionary \(id) exists, but nextDictionary is \(manifest.nextDictionary)")
            }
            return true
        }
        if !hasCurrent {
            verification.broken(
                .dictionaries, in: .dictionaries, at: Keys.dictionary(manifest.currentDictionary),
                "the manifest names dictionary \(manifest.currentDictionary), which does not exist")
        }
    }
}
