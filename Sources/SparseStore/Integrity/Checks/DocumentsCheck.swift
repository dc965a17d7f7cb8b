internal import LMDB
internal import SparseFormat

/// Checks that the totals of the documents match the manifest and the statistics (I102, I105), and that everything they
/// refer to exists (I108, I109).
enum DocumentsCheck: VerificationCheck {
    static let name = "documents"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        let encoder = try encoder(verification)
        var lengths: UInt64 = 0
        var documents: UInt64 = 0
        var nonzeros: UInt64 = 0
        var frequencies: [TermID: Int64] = [:]
        var dictionaryIsThere: [UInt32: Bool] = [0: true]
        try verification.forEach(.documents) { entry in
            _ = try verification.attempt(in: .documents, at: entry.key) {
                let view = try DocumentView(entry.value, number: Keys.documentNumber(entry.key))
                documents += 1
                nonzeros += UInt64(view.termCount)
                let dictionary = view.dictionary
                if dictionaryIsThere[dictionary] == nil {
                    dictionaryIsThere[dictionary] =
                        try verification.reader.get(
                            .dictionaries, Keys.dictionary(dictionary)) != nil
                }
                if dictionaryIsThere[dictionary] == false {
                    verification.broken(
                        .dictionaries, in: .documents, at: entry.key,
                        "document \(view.number) names dictionary \(dictionary), which does not exist")
                }
                var last: TermID = 0
                var length: Float = 0
                var isCounted = true
                try view.forEachComponent { term, weight in
                    frequencies[term, default: 0] += 1
                    last = term
                    length += weight
                    isCounted = isCounted && weight.rounded(.towardZero) == weight
                }
                if encoder?.bm25 != nil {
                    guard isCounted, length <= BM25Function.maximumLength else {
                        verification.broken(
                            .encoderLength, in: .documents, at: entry.key,
                            "document \(view.number) has weights that are not counts")
                        return
                    }
                    lengths += UInt64(length)
                }
                if manifest.termSpace == .strings, view.termCount > 0, last >= manifest.nextTerm {
                    verification.broken(
                        .knownTerms, in: .documents, at: entry.key,
                        "document \(view.number) has the term \(last), but nextTerm is \(manifest.nextTerm)")
                }
            }
            return true
        }
        guard verification.damagedTables.isDisjoint(with: [.documents, .dictionaries]) else {
            return verification.skip("the counters and the document frequencies, because documents cannot be read")
        }
        if documents != manifest.documents || nonzeros != manifest.nonzeros {
            verification.broken(
                .counters, in: .meta, at: Keys.manifest,
                "there are \(documents) documents with \(nonzeros) terms, but the manifest says "
                    + "\(manifest.documents) with \(manifest.nonzeros)")
        }
        if let encoder, encoder.length != lengths {
            verification.broken(
                .encoderLength, in: .meta, at: Keys.encoder,
                "the documents have a total length of \(lengths), but the encoder's record says \(encoder.length)")
        }
        try compare(&frequencies, verification, manifest)
    }

    private static func encoder(_ verification: Verification) throws -> EncoderRecord? {
        let read: EncoderRecord?? = try verification.attempt(in: .meta, at: Keys.encoder) {
            try verification.reader.meta.encoder()
        }
        return read ?? nil
    }

    /// Subtracts the frequencies of the statistics from the counted ones. The differences must be 0.
    private static func compare(
        _ frequencies: inout [TermID: Int64], _ verification: Verification, _ manifest: ManifestRecord
    ) throws {
        func take(_ term: TermID, _ count: Int64) {
            let rest = frequencies[term, default: 0] &- count
            frequencies[term] = rest == 0 ? nil : rest
        }
        let waiting = manifest.firstStatisticsDelta..<manifest.nextStatisticsDelta
        try verification.forEach(.statistics) { entry in
            _ = try verification.attempt(in: .statistics, at: entry.key) {
                switch try Keys.parseStatistics(entry.key) {
                case .page(let number):
                    let page = try StatisticsPage(sealed: entry.value, in: .statistics, key: entry.key)
                    let first = number * UInt32(StatisticsPage.termsPerPage)
                    for (index, count) in page.frequencies.enumerated() where count != 0 {
                        take(first &+ UInt32(index), Int64(count))
                    }
                case .delta(let sequence) where waiting.contains(sequence):
                    let delta = try StatisticsDelta(sealed: entry.value, in: .statistics, key: entry.key)
                    for (term, change) in zip(delta.terms, delta.changes) { take(term, change) }
                case .delta: break
                }
            }
            return true
        }
        guard !verification.damagedTables.contains(.statistics) else {
            return verification.skip("the document frequencies, because `statistics` cannot be read")
        }
        for (term, rest) in frequencies.sorted(by: { $0.key < $1.key }) {
            let key = Keys.statisticsPage(term / UInt32(StatisticsPage.termsPerPage))
            verification.broken(
                .frequencies, in: .statistics, at: key,
                "the document frequency of term \(term) is too \(rest > 0 ? "low" : "high") by \(rest.magnitude)"
            )
        }
    }
}

/// Checks that identifiers lead to their documents, and that all documents have theirs in `ids` (I101).
enum IdentifiersCheck: VerificationCheck {
    static let name = "identifiers"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        let (reader) = (verification.reader)
        let documents = reader.documents
        try verification.forEach(.ids) { entry in
            _ = try verification.attempt(in: .ids, at: entry.key) {
                let number = try IdentifierRecord(sealed: entry.value, in: .ids, key: entry.key).number
                guard let view = try documents.view(number) else {
                    verification.broken(
                        .identifiers, in: .ids, at: entry.key,
                        "the identifier maps to document \(number), which does not exist"
                    )
                    return
                }
                if !view.identifierBytes.elementsEqual(entry.key) {
                    verification.broken(
                        .identifiers, in: .ids, at: entry.key,
                        "the identifier maps to document \(number), which has a different identifier")
                }
            }
            return true
        }
        try verification.forEach(.documents) { entry in
            _ = try verification.attempt(in: .documents, at: entry.key) {
                let view = try DocumentView(entry.value, number: Keys.documentNumber(entry.key))
                let found = try IdentifierRecord(from: .ids, key: Array(view.identifierBytes), reader)
                guard found?.number != view.number else { return }
                let place = found.map { "maps to document \($0.number)" } ?? "is not in `ids`"
                verification.broken(
                    .identifiers, in: .documents, at: entry.key, "the identifier of document \(view.number) \(place)")
            }
            return true
        }
    }
}

/// Checks that names and numbers of terms lead to each other and are those that were allocated (I107).
enum VocabularyCheck: VerificationCheck {
    static let name = "vocabulary"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        let vocabulary = verification.reader.vocabulary
        let terms = manifest.termSpace == .strings ? manifest.nextTerm : 0
        var names: UInt32 = 0
        try verification.forEach(.vocabulary) { entry in
            _ = try verification.attempt(in: .vocabulary, at: entry.key) {
                func broken(_ sentence: String) {
                    verification.broken(.vocabulary, in: .vocabulary, at: entry.key, sentence)
                }
                switch try Keys.parseVocabulary(entry.key) {
                case .term(let name):
                    let id = try TermIDRecord(sealed: entry.value, in: .vocabulary, key: entry.key).id
                    if id >= terms {
                        broken("a name maps to term \(id), but nextTerm is \(terms)")
                    } else if let other = try vocabulary.name(of: id), !other.utf8.elementsEqual(name.utf8) {
                        broken("a name maps to term \(id), which has a different name")
                    }
                case .name(let id):
                    names += 1
                    let name = try TermNameRecord(sealed: entry.value, in: .vocabulary, key: entry.key).name
                    if id >= terms {
                        broken("term \(id) has a name, but nextTerm is \(terms)")
                    } else if try vocabulary.id(of: name) != id {
                        broken("the name of term \(id) does not map to it")
                    }
                }
            }
            return true
        }
        if names < terms, !verification.damagedTables.contains(.vocabulary) {
            verification.broken(
                .vocabulary, in: .vocabulary, at: [], "\(names) terms have a name, but nextTerm is \(terms)")
        }
    }
}
