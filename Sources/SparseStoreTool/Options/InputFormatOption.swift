internal import ArgumentParser
internal import SparseInterchange

/// `--format` of an input.
enum InputFormatOption: String, ExpressibleByArgument, CaseIterable {
    case jsonl, csr, npz

    var format: InputFormat {
        switch self {
        case .jsonl: .jsonl
        case .csr: .csr
        case .npz: .npz
        }
    }
}
