internal import ArgumentParser
internal import SparseInterchange

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
