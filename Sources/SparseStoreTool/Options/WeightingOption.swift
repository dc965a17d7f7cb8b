internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// The value of `--weighting`: the factors of the query weights.
enum WeightingOption: ExpressibleByArgument, CustomStringConvertible, Equatable {
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

    var defaultValueDescription: String { description }

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
