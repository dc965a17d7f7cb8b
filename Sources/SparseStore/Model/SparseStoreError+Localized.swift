#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension SparseStoreError: LocalizedError {
    /// What went wrong.
    public var errorDescription: String? { problem }
    /// What to do about it.
    public var recoverySuggestion: String? { remedy }
}
