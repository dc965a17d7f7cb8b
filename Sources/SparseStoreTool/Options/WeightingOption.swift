internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// `--weighting`: what multiplies the query's weights.
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

    var defaultValueDescription: String { description }

    /// The weighting for a search in `store`; reads the table's file.
    func resolve(in store: Store) throws -> Weighting {
        switch self {
        case .none: return .none
        case .idf: return .corpusIDF
        case .table(let path):
            let file = try WeightTableFile(path: path)
            return .table(try WeightTable(try store.read { try Self.weights(file, path: path, in: $0) }))
        }
    }

    private static func weights(_ file: WeightTableFile, path: String, in snapshot: Snapshot) throws -> [Float] {
        switch file {
        case .byNumber(let weights):
            // A store with names numbers its terms in the order they came, which no file can know.
            guard try snapshot.termName(0) == nil else {
                throw CommandFailure(
                    .invalidInput,
                    "'\(path)' gives weights by term number, and this store's terms are strings; "
                        + "give a JSON object of weights by term")
            }
            return weights
        case .byName(let terms):
            var weights: [Float] = []
            for term in terms {
                guard let number = try snapshot.termID(named: term.term).map(Int.init) else { continue }
                if number >= weights.count {
                    weights.append(contentsOf: repeatElement(0, count: number + 1 - weights.count))
                }
                weights[number] = term.weight
            }
            return weights
        }
    }
}
