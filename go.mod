module github.com/nisaba-platform/nisaba

go 1.26
