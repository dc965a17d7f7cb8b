internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore
internal import SparseText

/// The value of `--filter`: `@Option(transform: FilterExpression.parse) var filter: Filter?`.
enum FilterExpression {
    /// Parses a filter. A mistake is a usage error that names the position.
    static func parse(_ text: String) throws -> Filter {
        do {
            return try Filter.parse(text)
        } catch {
            throw ValidationError(error.message)
        }
    }
}

/// The value of `--group-by`: the name of an attribute, or `id:` and a separator.
enum GroupKeyExpression {
    /// Returns the text if it is a key. A mistake is a usage error.
    static func parse(_ text: String) throws -> String {
        do {
            _ = try Grouping(parsing: text)
            return text
        } catch {
            throw ValidationError(error.message)
        }
    }
}

/// A value for `@Option(transform: Value.parse)`. A bad text is a usage error that says what is expected.
protocol ExplainedArgument {
    /// The texts that are accepted, for people.
    static var expected: String { get }
    init?(argument: String)
}

extension ExplainedArgument {
    static func parse(_ text: String) throws -> Self {
        guard let value = Self(argument: text) else { throw ValidationError("use \(expected)") }
        return value
    }
}

/// The value of `--fuse-method`: how two rankings are combined.
enum FusionMethodOption: String, ExpressibleByArgument, CaseIterable {
    case rrf, minmax, zscore

    /// - Parameter weight: The weight of the second ranking; not used by reciprocal ranks.
    func fusion(weight: Double) -> Fusion {
        switch self {
        case .rrf: .reciprocalRank()
        case .minmax: .weightedSum(.minMax, weight: weight)
        case .zscore: .weightedSum(.zScore, weight: weight)
        }
    }
}

/// The value of `--format` of an input.
enum InputFormatOption: String, ExpressibleByArgument, CaseIterable {
    case jsonl, json, csr, npz, ciff

    var format: InputFormat {
        switch self {
        case .jsonl: .jsonl
        case .json: .json
        case .csr: .csr
        case .npz: .npz
        case .ciff: .ciff
        }
    }
}

/// The value of `--codec`: how token vectors are stored.
enum MultivectorCodecOption: String, ExpressibleByArgument, CaseIterable {
    case f16, int8, pq32

    var codec: MultivectorCodec {
        switch self {
        case .f16: .f16
        case .int8: .int8
        case .pq32: .pq32
        }
    }
}

/// The value of `--profile`: the profile of the index.
enum ProfileOption: String, ExpressibleByArgument, CaseIterable {
    case fast, compact

    var profile: IndexProfile {
        switch self {
        case .fast: .fast
        case .compact: .compact
        }
    }
}

/// The value of `--recall`: exact, fast, or the fraction of the true top hits to find.
struct RecallOption: ExplainedArgument, CustomStringConvertible {
    static let expected = "'exact', 'fast', or a number above 0 and at most 1"

    let recall: Recall
    let description: String

    init?(argument: String) {
        switch argument {
        case "exact": recall = .exact
        case "fast": recall = .fast
        default:
            guard let share = Double(argument), share > 0, share <= 1 else { return nil }
            recall = .target(share)
        }
        description = argument
    }

    /// The default of the engine.
    static let standard = RecallOption(share: 0.95)

    private init(share: Double) {
        recall = .target(share)
        description = "\(share)"
    }
}

/// The value of `--plain-seismic`: the number of lists to search, and the heap factor that a block must reach.
struct PlainSeismicOption: ExplainedArgument, CustomStringConvertible {
    static let expected = "'cut=8,heap=0.9', with 1 or more lists and a factor of 0 to 1"

    let recall: Recall
    let description: String

    /// Parses `cut=8,heap=0.9`. Either part may be missing.
    init?(argument: String) {
        var cut = 8
        var heap = 0.9
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { return nil }
            switch pair[0] {
            case "cut":
                guard let number = Int(pair[1]), number >= 1 else { return nil }
                cut = number
            case "heap":
                guard let factor = Double(pair[1]), (0...1).contains(factor) else { return nil }
                heap = factor
            default: return nil
            }
        }
        recall = .plainSeismic(cut: cut, heapFactor: heap)
        description = "plain-seismic cut=\(cut),heap=\(heap)"
    }
}

/// The value of an option for a size: a number of bytes, KiB, MiB or GiB.
struct SizeOption: ExplainedArgument {
    static let expected = "a number of bytes, or a number with a unit, such as '256MiB'"

    let bytes: Int

    init?(argument: String) {
        let units = ["GiB": 30, "MiB": 20, "KiB": 10]
        let unit = units.first { argument.hasSuffix($0.key) }
        let digits = argument.dropLast(unit?.key.count ?? 0)
        guard let count = Int(digits), count >= 0, count <= Int.max >> (unit?.value ?? 0) else { return nil }
        bytes = count << (unit?.value ?? 0)
    }
}

/// The value of `--memory`: a number of bytes, KiB, MiB or GiB.
struct MemoryOption: ExplainedArgument, CustomStringConvertible {
    static let expected = "'64MiB' or more, such as '2GiB'"

    /// The number of bytes, at least `least`.
    let bytes: Int
    let description: String

    /// The minimum that a load of small documents needs, with some room to work.
    static let least = 64 << 20

    init?(argument: String) {
        guard let size = SizeOption(argument: argument), size.bytes >= Self.least else { return nil }
        bytes = size.bytes
        description = argument
    }

    /// 1 GiB.
    static let standard = MemoryOption()

    private init() {
        bytes = 1 << 30
        description = "1GiB"
    }

    /// The size of one batch. Three batches are in memory at once, besides the pages and the window that a commit
    /// makes.
    var batchBytes: Int { min(BatchProducer.batchBytes, bytes / 16) }
}

/// The value of `--feedback`: `docs=3,terms=20,weight=0.2,interpolate=0.5`, each part optional.
enum FeedbackOption {
    /// Parses the parts. A bad part is a usage error that names it.
    static func parse(_ text: String) throws -> Feedback {
        var feedback = Feedback()
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2, set(pair[0], pair[1], in: &feedback) else {
                throw ValidationError(
                    "--feedback must consist of parts of 'docs=3,terms=20,weight=0.2,interpolate=0.5', not '\(part)'")
            }
        }
        return feedback
    }

    private static func set(_ key: String, _ value: String, in feedback: inout Feedback) -> Bool {
        switch key {
        case "docs":
            guard let count = Int(value), (1...1_000).contains(count) else { return false }
            feedback.source = .best(count)
        case "terms":
            guard let count = Int(value), (1...10_000).contains(count) else { return false }
            feedback.terms = count
        case "weight":
            guard let weight = Float(value), (0...100).contains(weight) else { return false }
            feedback.weight = weight
        case "interpolate":
            guard let weight = Double(value), (0...1).contains(weight) else { return false }
            feedback.interpolation = .weightedSum(.minMax, weight: weight)
        default: return false
        }
        return true
    }
}

/// The value of `--weighting`: the factors of the query weights.
enum WeightingOption: ExplainedArgument, CustomStringConvertible, Equatable {
    static let expected = "'none', 'idf' or 'table:FILE'"

    case none
    case idf
    case table(String)

    init?(argument: String) {
        switch argument {
        case "none": self = .none
        case "idf": self = .idf
        case _ where argument.hasPrefix("table:") && argument.count > 6: self = .table(String(argument.dropFirst(6)))
        default: return nil
        }
    }

    var description: String {
        switch self {
        case .none: "none"
        case .idf: "idf"
        case .table(let path): "table:\(path)"
        }
    }

    /// The path of the table's file, if the weighting is a table.
    var input: String? { if case .table(let path) = self { path } else { nil } }

    /// The weighting for a search in a store of such terms; reads the table's file.
    func resolve(in space: TermSpace) throws -> Weighting {
        switch self {
        case .none: return .none
        case .idf: return .corpusIDF
        case .table(let path):
            let file = try WeightTableFile(path: path)
            // JSON gives names; in a store of numbers they are these numbers.
            if case .byName(let terms) = file, space == .numbers {
                let numbers = try TermsText.numbers(terms)
                var weights = [Float](repeating: 0, count: Int(numbers.keys.max() ?? 0) + 1)
                for (term, weight) in numbers { weights[Int(term)] = weight }
                return .table(try WeightTable(weights))
            }
            return .table(try file.table)
        }
    }
}

/// The value of `--encoder`, which turns text into vectors.
enum EncoderOption: ExplainedArgument, CustomStringConvertible, Equatable {
    static let expected = "bm25:LANGUAGE, analyzer:LANGUAGE or wordpiece:FILE[,IDF]"

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
