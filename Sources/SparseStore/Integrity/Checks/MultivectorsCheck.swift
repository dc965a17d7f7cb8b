internal import LMDB
internal import SparseFormat

/// Checks that token vectors belong to documents (I130), match their count (I131), and have their codebooks (I132).
enum MultivectorsCheck: VerificationCheck {
    static let name = "multivectors"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        let (reader) = (verification.reader)
        let table = reader.multivectors(CodebookCache())
        guard
            let found = try verification.attempt(in: .meta, at: Keys.multivectorSettings, { [try table.settings()] })
        else { return verification.skip("whether multivectors match their settings") }
        guard let settings = found[0] else {
            try verification.forEach(.multivectors) { entry in
                verification.broken(
                    .multivectorCounts, in: .multivectors, at: entry.key,
                    "there are token vectors, but no settings for them")
                return false
            }
            return
        }
        var counted = MultivectorSettings(
            dimension: settings.dimension, encoding: settings.encoding, nextCodebook: settings.nextCodebook)
        var isComplete = true
        try verification.forEach(.multivectors) { entry in
            let isSound: Void? = try verification.attempt(in: .multivectors, at: entry.key) {
                let number = try Keys.multivectorNumber(entry.key)
                let view = try MultivectorView(entry.value, number: number)
                counted.add(.init(view))
                counted.tokens += UInt64(view.count)
                counted.bytes += UInt64(entry.value.count)
                if view.dimension != settings.dimension {
                    verification.broken(
                        .multivectors, in: .multivectors, at: entry.key,
                        "the token vectors have \(view.dimension) dimensions, but the settings say "
                            + "\(settings.dimension)"
                    )
                }
                if try reader.get(.documents, number) == nil {
                    verification.broken(
                        .multivectors, in: .multivectors, at: entry.key,
                        "there are token vectors of document \(number), which does not exist")
                }
                if view.codebook != 0 {
                    try check(
                        view.codebook, settings: settings, table: table, verification: verification,
                        namedBy: .multivectors, key: entry.key
                    ) {
                        try view.check($0)
                    }
                }
            }
            if isSound == nil { isComplete = false }
            return true
        }
        // Those that multivectors name are checked with them.
        if settings.encoding.codebook != 0 {
            try check(
                settings.encoding.codebook, settings: settings, table: table, verification: verification,
                namedBy: .meta, key: Keys.multivectorSettings
            ) { _ in }
        }
        guard isComplete, !verification.damagedTables.contains(.multivectors) else {
            return verification.skip("the counts of the multivectors")
        }
        if counted != settings {
            verification.broken(
                .multivectorCounts, in: .meta, at: Keys.multivectorSettings,
                "there are \(counted.documents) multivectors of \(counted.tokens) tokens and \(counted.bytes) bytes, "
                    + "\(counted.outdated) of them with an older encoding, but the settings say \(settings.documents), "
                    + "\(settings.tokens), \(settings.bytes) and \(settings.outdated), or have different counts per "
                    + "encoding")
        }
    }

    private static func check(
        _ number: UInt32, settings: MultivectorSettings, table: MultivectorTable, verification: Verification,
        namedBy place: TableNumber, key: some Collection<UInt8>, _ body: (TokenCodebook) throws -> Void
    ) throws {
        guard try table.reader.get(.meta, Keys.codebook(number)) != nil else {
            return verification.broken(.codebooks, in: place, at: key, "codebook \(number) is named but does not exist")
        }
        guard
            let codebook = try verification.attempt(
                in: .meta, at: Keys.codebook(number), { try table.codebook(number) })
        else { return }
        guard codebook.dimension == settings.dimension else {
            return verification.broken(
                .codebooks, in: place, at: key,
                "codebook \(number) has \(codebook.dimension) dimensions, but the settings say \(settings.dimension)")
        }
        try body(codebook)
    }
}
