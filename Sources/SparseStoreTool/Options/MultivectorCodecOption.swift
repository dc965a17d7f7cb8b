internal import ArgumentParser
internal import SparseStore

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
