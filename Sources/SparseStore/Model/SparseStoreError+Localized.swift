#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension SparseStoreError: LocalizedError {
    /// A description of what went wrong.
    public var errorDescription: String? { problem }
    /// A description of what to do about it.
    public var recoverySuggestion: String? { remedy }
}
