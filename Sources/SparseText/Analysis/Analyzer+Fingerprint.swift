internal import SparseFormat

extension Analyzer {
    /// A hash of everything that determines the terms of a text: the steps, the stop words, and the stems of some
    /// thousand words. libstemmer does not report a version, and its versions differ.
    var fingerprint: UInt64 {
        var bytes = Array("\(language?.name ?? "") \(foldsCase) \(foldsMarks) \(stems)".utf8)
        for word in stopWords.map({ Array($0.utf8) }).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            bytes += word + [0]
        }
        if stems, let stemmer = language.flatMap(Stemmer.init) {
            for probe in Self.probes {
                var word = probe
                stemmer.stem(&word)
                bytes += word + [0]
            }
        }
        return XXH64.hash(bytes, seed: Self.version)
    }

    /// The parameters that a store records for human readers.
    var summary: String {
        var steps = ["words by UAX #29"]
        if foldsCase { steps.append("lower case") }
        if foldsMarks { steps.append("no marks") }
        if !stopWords.isEmpty { steps.append("without \(stopWords.count) stop words") }
        if stems, let language { steps.append("stemmed as \(language.name)") }
        return steps.joined(separator: ", ")
    }

    /// Raised whenever `tokens(in:)` changes its result for the same settings.
    private static let version: UInt64 = 1

    /// The stop words of all languages, and words with the endings of some languages.
    private static let probes: [[UInt8]] =
        (Language.stopLists.keys.sorted().flatMap { (Language.stopLists[$0] ?? []).sorted() }
        + ["engines", "running", "generalization", "happily", "skies", "added", "dying", "communities", "lately"])
        .map { Array($0.utf8) }
}
