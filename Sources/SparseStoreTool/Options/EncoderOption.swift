internal import ArgumentParser
internal import SparseInterchange
internal import SparseText

/// The value of `--encoder`, which turns text into vectors.
enum EncoderOption: ExpressibleByArgument, CustomStringConvertible, Equatable {
    /// BM25 over the terms of an analyzer; a nil language means no stemming.
    case bm25(language: String?)
    /// Counts of the terms of an analyzer; a nil language means no stemming.
    case analyzer(language: String?)
    /// WordPieces with the weights of a table; without a table, the weights come from the store's document frequencies.
    case wordPiece(vocabulary: String, table: String?)

    init?(argument: String) {
        let parts = argument.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, !parts[1].isEmpty else { return nil }
        let language = parts[1] == "none" ? nil : parts[1]
        switch parts[0] {
        case "bm25": self = .bm25(language: language)
        case "analyzer": self = .analyzer(language: language)
        case "wordpiece":
            let files = parts[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard files.count <= 2, files.allSatisfy({ !$0.isEmpty }) else { return nil }
            self = .wordPiece(vocabulary: files[0], table: files.count == 2 ? files[1] : nil)
        default: return nil
        }
    }

    var description: String {
        switch self {
        case .bm25(let language): "bm25:\(language ?? "none")"
        case .analyzer(let language): "analyzer:\(language ?? "none")"
        case .wordPiece(let vocabulary, let table): "wordpiece:\(vocabulary)" + (table.map { ",\($0)" } ?? "")
        }
    }

    /// Reads the named files and creates the encoder.
    func encoder() throws -> any TextEncoder {
        switch self {
        case .bm25(let language): BM25(language: try language.map { try Language($0) })
        case .analyzer(let language): CountEncoder(Analyzer(language: try language.map { try Language($0) }))
        case .wordPiece(let vocabulary, let table):
            try InferenceFreeEncoder(
                tokenizer: WordPieceTokenizer(path: vocabulary), table: table.map { try WeightTableFile(path: $0) })
        }
    }
}
