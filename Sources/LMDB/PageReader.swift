/// Reads pages of a file that is not mapped, within its bounds and within a budget, so that damage can neither cause a
/// trap nor an endless loop.
struct PageReader {
    let pageSize: Int
    /// The last page according to the header. The file may end before it.
    let lastPage: UInt64
    let filePages: UInt64
    private let read: (_ offset: Int, _ count: Int) -> [UInt8]
    /// No traversal needs a page twice, so the number of pages in the file is enough.
    private var budget: UInt64

    init(
        pageSize: Int, lastPage: UInt64, filePages: UInt64, read: @escaping (_ offset: Int, _ count: Int) -> [UInt8]
    ) {
        self.pageSize = pageSize
        self.lastPage = lastPage
        self.filePages = filePages
        self.read = read
        budget = filePages
    }

    /// Returns a page of a tree whose header has not been checked yet.
    mutating func page(_ number: UInt64) throws(PreflightProblem) -> TreePage {
        try spend(1, from: number)
        return TreePage(number: number, bytes: try bytes(Int(number) * pageSize, pageSize))
    }

    /// Returns the position of the bytes of a value that has separate pages.
    mutating func overflow(_ number: UInt64, count: Int) throws(PreflightProblem) -> Range<Int> {
        let pages = (MetaPage.pageHeaderBytes + count + pageSize - 1) / pageSize
        try spend(UInt64(pages), from: number)
        let start = Int(number) * pageSize
        let header = TreePage(number: number, bytes: try bytes(start, MetaPage.pageHeaderBytes))
        try header.checkOverflow(pages: pages)
        return start + MetaPage.pageHeaderBytes..<start + MetaPage.pageHeaderBytes + count
    }

    private mutating func spend(_ pages: UInt64, from number: UInt64) throws(PreflightProblem) {
        guard number >= 2, number <= lastPage, pages <= lastPage - number + 1 else {
            throw PreflightProblem(
                .corrupted, "the list of free pages has page \(number), but there are \(lastPage + 1) pages")
        }
        guard number < filePages, pages <= filePages - number else {
            throw PreflightProblem(
                .truncated, "the list of free pages has page \(number), which is beyond the end of the file")
        }
        guard pages <= budget else {
            throw PreflightProblem(.corrupted, "the list of free pages has a page twice")
        }
        budget -= pages
    }

    func bytes(_ offset: Int, _ count: Int) throws(PreflightProblem) -> [UInt8] {
        let bytes = read(offset, count)
        guard bytes.count == count else {
            throw PreflightProblem(.truncated, "the file ends inside page \(offset / pageSize)")
        }
        return bytes
    }
}
