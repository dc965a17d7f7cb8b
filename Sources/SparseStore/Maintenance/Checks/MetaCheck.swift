internal import LMDB
internal import SparseFormat

/// Checks the records that describe the store and its state.
enum MetaCheck {
    /// Returns the manifest; nil if it cannot be read, so that the other checks cannot run.
    static func run(_ verification: Verification) throws -> ManifestRecord? {
        _ = try record(StoreRecord.self, Keys.store, isRequired: true, verification)
        let manifest = try record(ManifestRecord.self, Keys.manifest, isRequired: true, verification)
        let tuning = try record(TuningRecord.self, Keys.tuning, isRequired: false, verification)
        if let manifest, let tuning, tuning.generation > manifest.generation {
            verification.broken(
                .tuningGeneration, .meta, Keys.tuning,
                "the tuning has generation \(tuning.generation), but the manifest has \(manifest.generation)")
        }
        return manifest
    }

    private static func record<R: Record>(
        _ type: R.Type, _ key: [UInt8], isRequired: Bool, _ verification: Verification
    ) throws -> R? {
        try verification.visit(.meta, key)
        let read: R?? = try verification.attempt(.meta, key) {
            try R(from: verification.tables.meta, .meta, key: key, verification.reader)
        }
        guard let found = read else { return nil }
        if found == nil, isRequired { verification.broken(.metaRecords, .meta, key, "the record is missing") }
        return found
    }
}
