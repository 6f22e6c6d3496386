"""What is said of a file that is not taken; the person holding the telephone has to know what to do next."""

from __future__ import annotations

from voucher.rules.errors import Family, reason

SOURCE = "【设】附件只收照片和 PDF；GB/T 22239-2019 8.1.4.5 恶意代码防范"

UPLOAD_EMPTY = reason(
    "attachment_empty",
    "这个文件是空的",
    "可能没有传完，请重新拍照或重新选择文件后再提交，已填写的内容都还在",
    SOURCE,
)
UPLOAD_HEAVY = reason(
    "attachment_too_large",
    "这个文件有 {size_mb} MB，超过每份 {most_mb} MB 的上限",
    "请把相机的照片大小调小后重拍，或只拍有内容的那一页，已填写的内容都还在",
    SOURCE,
    Family.LIMIT,
)
UPLOAD_UNKNOWN = reason(
    "attachment_kind_unknown",
    "这个文件不是照片，也不是 PDF",
    "只收 JPEG、PNG 照片和 PDF，改文件名没有用；请直接用手机给证明拍照",
    SOURCE,
)
UPLOAD_HEIC = reason(
    "attachment_heic",
    "这张照片是 HEIC 格式，别的设备打不开",
    "请在手机“设置—相机—格式”里选“兼容性最佳”后重拍，或把照片截屏后提交截屏",
    SOURCE,
)
UPLOAD_DAMAGED = reason(
    "attachment_damaged",
    "这个文件不完整或已损坏，打不开",
    "可能没有传完，请重新拍照或重新选择文件后再提交，已填写的内容都还在",
    SOURCE,
)
UPLOAD_VAST = reason(
    "attachment_pixels_excessive",
    "这张照片有 {pixels} 万像素，超过 {most} 万像素的上限",
    "请把相机的照片大小调小后重拍",
    SOURCE,
    Family.LIMIT,
)
UPLOAD_LOCKED = reason(
    "attachment_locked",
    "这个 PDF 设了密码，办理人员打不开",
    "请取消密码后重新提交，或把内容拍成照片",
    SOURCE,
)
UPLOAD_ACTIVE = reason(
    "attachment_active",
    "这个 PDF 里带有程序或别的文件，不能接收",
    "请把内容打印或拍成照片后提交",
    SOURCE,
)
